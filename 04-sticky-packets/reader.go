package sticky

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// ReadAhead is the size of a new Reader's buffer in bytes.
const ReadAhead = 4 << 10

// A Reader is ReadFrame for the hot path: it reads ahead, so that many
// short frames cost one Read, and allocates nothing for a message. What it
// has read ahead is gone from r: from now on r is the Reader's alone. Make
// one for a connection, not one for a message.
type Reader struct {
	r     io.Reader
	max   uint32
	buf   []byte // buf[start:end] has arrived and is not handed out
	start int
	end   int
	err   error
}

// NewReader makes a Reader of frames of at most max bytes. It holds
// ReadAhead bytes, and for longer frames the longest so far.
func NewReader(r io.Reader, max uint32) *Reader {
	return &Reader{r: r, max: max, buf: make([]byte, ReadAhead)}
}

// Next gives the next message. It is the caller's only until the next
// call of Next: copy what you keep. The errors are those of ReadFrame. The
// first one stays, except a deadline that passes between two frames: set
// another, and go on.
func (f *Reader) Next() ([]byte, error) {
	if f.end-f.start < PrefixSize && !f.fill(PrefixSize) {
		return nil, f.err
	}
	length := binary.BigEndian.Uint32(f.buf[f.start:])
	if err := check(uint64(length), f.max); err != nil {
		f.err, f.start = err, f.end
		return nil, err
	}
	whole := PrefixSize + int(length)
	if f.end-f.start < whole && !f.fill(whole) {
		return nil, f.err
	}
	from, to := f.start+PrefixSize, f.start+whole
	f.start = to
	// The third number keeps an append off the frames that follow.
	return f.buf[from:to:to], nil
}

// fill reads until n bytes are there, and perhaps more.
func (f *Reader) fill(n int) bool {
	if f.start == f.end && errors.Is(f.err, os.ErrDeadlineExceeded) {
		f.err = nil // between two frames: still in step
	}
	if f.err != nil {
		return false
	}
	f.start, f.end = 0, copy(f.buf, f.buf[f.start:f.end])
	for f.end < n {
		if f.end == len(f.buf) {
			f.buf = grow(f.buf, n) // all of it one frame's, so far
		}
		got, err := f.r.Read(f.buf[f.end:])
		f.end += got
		if err != nil && f.end < n {
			f.err = cut(err, f.end, n)
			return false
		}
	}
	return true
}
