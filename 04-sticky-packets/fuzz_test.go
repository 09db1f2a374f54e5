package sticky

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
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
	} {
		f.Add([]byte(seed.b), seed.zeros, seed.max, seed.piece)
	}
	f.Fuzz(func(t *testing.T, b []byte, zeros, max uint32, piece uint16) {
		b = append(b, make([]byte, zeros%(3*step))...)
		want, end := reference(b, max)
		for name, open := range forms {
			r := pieces(slices.Collect(slices.Chunk(b, int(piece)+1)))
			next := open(iotest.DataErrReader(&r), max)
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
			r := pieces(slices.Collect(slices.Chunk(wire.Bytes(), int(piece)+1)))
			next := open(&r, max)
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
