package sticky

import (
	"bytes"
	"encoding/binary"
	"io"
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
		if n > max {
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
	f.Add([]byte{}, uint32(0), uint32(0), uint16(0))
	f.Add([]byte("\x00\x00\x00\x0bhello baby~\x00\x00\x00\x00"), uint32(0), uint32(11), uint16(1))
	f.Add([]byte("\x00\x00\x00\x0bhello baby"), uint32(0), uint32(11), uint16(3))
	f.Add([]byte("\x00\x00\x00\x0bhello baby~\x00\x00"), uint32(0), uint32(10), uint16(2))
	f.Add([]byte("\xff\xff\xff\xffx"), uint32(1000), uint32(0xffffffff), uint16(0))
	f.Add([]byte("GET / HTTP/1.1\r\n"), uint32(0), uint32(1<<20), uint16(7))
	f.Add([]byte("\x00\x00\x10\x01"), uint32(2*ReadAhead), uint32(1<<20), uint16(1000))
	f.Add([]byte("\x00\x02\x00\x01"), uint32(2*step+9), uint32(1<<20), uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, zeros, max uint32, piece uint16) {
		b = append(b, make([]byte, zeros%(3*step))...)
		want, end := reference(b, max)
		for _, form := range forms {
			var r io.Reader = bytes.NewReader(b)
			if piece > 0 {
				r = &chunks{r: r, size: int(piece)}
			}
			next := form.open(iotest.DataErrReader(r), max)
			for i, p := range want {
				got, err := next()
				require.NoError(t, err, "%s, message %d", form.name, i)
				require.True(t, bytes.Equal(p, got), "%s, message %d: want %q, got %q", form.name, i, p, got)
			}
			_, err := next()
			require.ErrorIs(t, err, end, form.name)
			if end != io.EOF {
				require.NotErrorIs(t, err, io.EOF, form.name)
			}
			require.NotEmpty(t, err.Error())
		}
	})
}

// What was written is what is read, whatever it is and however long.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("hello baby~"), []byte(""), []byte("你好"), uint32(0), uint16(1))
	f.Add([]byte("a"), []byte("b"), []byte("c"), uint32(ReadAhead-PrefixSize-1), uint16(0))
	f.Add([]byte{0, 0, 0, 1}, []byte{0xff}, []byte("\n"), uint32(step), uint16(2000))
	f.Fuzz(func(t *testing.T, a, b, c []byte, more uint32, piece uint16) {
		b = append(b, make([]byte, more%(3*step))...)
		messages := [][]byte{a, b, c}
		max := uint32(max(len(a), len(b), len(c)))
		var wire bytes.Buffer
		for _, m := range messages {
			require.NoError(t, WriteFrame(&wire, m, max))
		}
		for _, form := range forms {
			next := form.open(&chunks{r: bytes.NewReader(wire.Bytes()), size: int(piece) + 1}, max)
			for i, m := range messages {
				got, err := next()
				require.NoError(t, err, "%s, message %d", form.name, i)
				require.True(t, bytes.Equal(m, got), "%s, message %d", form.name, i)
			}
			_, err := next()
			require.Equal(t, io.EOF, err, form.name)
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
