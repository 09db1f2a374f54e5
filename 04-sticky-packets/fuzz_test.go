package sticky

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// reference says what a whole stream means, as plainly as one can.
func reference(b []byte, max uint32) (messages [][]byte, end error) {
	for len(b) > 0 {
		if len(b) < PrefixSize {
			return messages, io.ErrUnexpectedEOF
		}
		n := binary.BigEndian.Uint32(b)
		if n > max || n > largest {
			return messages, ErrTooLarge
		}
		if b = b[PrefixSize:]; uint64(len(b)) < uint64(n) {
			return messages, io.ErrUnexpectedEOF
		}
		messages = append(messages, b[:n])
		b = b[n:]
	}
	return messages, io.EOF
}

// Any bytes at all, with any number of zeros behind them, in pieces of any
// size: both forms must give what the reference gives, and the same kind
// of end.
func FuzzRead(f *testing.F) {
	for _, seed := range []struct {
		b          string
		zeros, max uint32
		piece      uint16
	}{
		{"", 0, 0, 0},
		{"\x00\x00\x00\x0bhello baby~\x00\x00\x00\x00", 0, 11, 1},
		{"\x00\x00\x00\x0bhello baby", 0, 11, 3},
		{"\x00\x00\x00\x0bhello baby~\x00\x00", 0, 10, 2},
		{"\xff\xff\xff\xffx", 1000, 0xffffffff, 0},
		{"GET / HTTP/1.1\r\n", 0, 1 << 20, 7},
		{"\x00\x00\x10\x01", 2 * ReadAhead, 1 << 20, 1000},
		{"\x00\x02\x00\x01", 2*step + 9, 1 << 20, 0},
		// Found by the fuzzer.
		{"\ueacb", 145, 1048578, 1}, {"\x00", 8149, 1048576, 1042}, {"0", 1016, 4294967295, 8}, {"", 37, 1048578, 1},
		{"\v\v\v\v", 0, 1048576, 7}, {"ﰯ", 115, 89, 7}, {"\f0\f0", 34, 156, 1}, {"\t\t\t\t", 0, 5, 106},
		{"{0\x7f0", 0, 1048540, 5}, {"頋", 41, 1048511, 46}, {"0\v\v0", 0, 1048556, 7}, {"", 274, 63, 0}, {"", 34, 89, 7},
		{"\t\t\t\t", 18, 5, 106}, {"𗠣", 94, 1048727, 185}, {"{\x89̷", 0, 1048482, 7}, {"Ç", 34, 89, 73},
		{"\n000", 43, 1048656, 7}, {"\x8f00", 34, 89, 7}, {"00\v0", 87, 1048556, 2}, {"އ", 34, 89, 7},
		{"\"\"\"\"", 19, 242, 1}, {"\f\f\f\f", 93, 1048613, 1}, {"𣫣", 94, 1048727, 185},
	} {
		f.Add([]byte(seed.b), seed.zeros, seed.max, seed.piece)
	}
	f.Fuzz(func(t *testing.T, b []byte, zeros, max uint32, piece uint16) {
		b = append(b, make([]byte, zeros%(3*step))...)
		want, end := reference(b, max)
		for name, open := range forms {
			var r io.Reader = bytes.NewReader(b)
			if piece > 0 {
				r = &chunks{r: r, size: int(piece)}
			}
			next := open(iotest.DataErrReader(r), max)
			for i, p := range want {
				got, err := next()
				require.NoError(t, err, "%s, message %d", name, i)
				require.True(t, bytes.Equal(p, got), "%s, message %d: want %q, got %q", name, i, p, got)
			}
			_, err := next()
			require.ErrorIs(t, err, end, name)
			if end != io.EOF {
				require.NotErrorIs(t, err, io.EOF, name)
			}
			require.NotEmpty(t, err.Error())
		}
	})
}

// What was written is what is read, whatever it is and however long.
func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []struct {
		a, b, c string
		more    uint32
		piece   uint16
	}{
		{"hello baby~", "", "你好", 0, 1},
		{"a", "b", "c", ReadAhead - PrefixSize - 1, 0},
		{"\x00\x00\x00\x01", "\xff", "\n", step, 2000},
		// Found by the fuzzer.
		{"0", "0", "0", 4120, 32}, {"0", "0", "0", 60, 13}, {strings.Repeat("0", 61), "0", "0", 65536, 2000},
		{"0", "0", "0", 4120, 51}, {"0", "0", "000", 4048, 15}, {"0", "0", "0", 4032, 7},
		{strings.Repeat("0", 103), "0", "0", 4091, 0}, {"0", "0", "0", 4066, 0}, {"0", "0", "0", 4120, 23},
		{"00", "0", "0", 65521, 2000}, {"000000000", "000", "000000", 99, 112}, {"0", "", "0", 0, 86},
		{"0", "0", "0", 0, 13}, {"0", "0", "0", 0, 1}, {"0", "0", "0", 4067, 0}, {"0", "0", "0", 4120, 0},
		{"0", "0", "0", 4064, 0}, {"0", "0", "0", 0, 37}, {"0", "0", "0", 4083, 32},
	} {
		f.Add([]byte(seed.a), []byte(seed.b), []byte(seed.c), seed.more, seed.piece)
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte, more uint32, piece uint16) {
		b = append(b, make([]byte, more%(3*step))...)
		messages := [][]byte{a, b, c}
		max := uint32(max(len(a), len(b), len(c)))
		var wire bytes.Buffer
		for _, m := range messages {
			require.NoError(t, WriteFrame(&wire, m, max))
		}
		for name, open := range forms {
			next := open(&chunks{r: bytes.NewReader(wire.Bytes()), size: int(piece) + 1}, max)
			for i, m := range messages {
				got, err := next()
				require.NoError(t, err, "%s, message %d", name, i)
				require.True(t, bytes.Equal(m, got), "%s, message %d", name, i)
			}
			_, err := next()
			require.Equal(t, io.EOF, err, name)
		}
	})
}

// chunks gives at most size bytes a Read.
type chunks struct {
	r    io.Reader
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	return c.r.Read(p[:min(c.size, len(p))])
}
