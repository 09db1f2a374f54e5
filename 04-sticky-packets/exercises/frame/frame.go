// Package frame is an exercise: messages on a stream that knows of none.
package frame

import (
	"errors"
	"io"
)

// ErrTooLarge is for a message of more than max bytes.
var ErrTooLarge = errors.New("message too large")

// WriteFrame sends p to w as one frame: 4 bytes, the length of p as an
// unsigned big-endian number that does not count itself, then p.
//
//   - Prefix and payload go out in one single Write: several goroutines
//     may share a connection, and two Writes let another get between them.
//   - An empty p is a message like any other.
//   - More than max bytes are ErrTooLarge, and nothing is written.
//   - An error of w is returned so that errors.Is finds it, and the Write
//     is not tried again: part of the frame may be out.
//   - p is not changed, nor what lies behind it in memory.
//   - While one call waits for its w, others go on, each with a w of its
//     own: they share no memory, and no lock.
func WriteFrame(w io.Writer, p []byte, max uint32) error {
	panic("not begun")
}

// ReadFrame reads one such frame from r and returns its payload, however
// the bytes arrive, and leaves what follows in r: not a byte more is read.
//
//   - The error is io.EOF where r ends between two frames, and only there.
//     Where r ends inside a frame, even right after a prefix, it is
//     io.ErrUnexpectedEOF (as errors.Is finds it; and not io.EOF).
//   - A prefix that announces more than max bytes is ErrTooLarge, at once:
//     nothing behind the prefix is read, and no room is made.
//   - A prefix is not believed either: as long as the bytes have not
//     arrived, an announced 64 MiB may not cost 64 MiB of memory, nor an
//     announced 1 MiB one.
//   - The payload is the caller's to keep: the next call leaves it alone.
//   - Any other error of r is returned so that errors.Is finds it.
func ReadFrame(r io.Reader, max uint32) ([]byte, error) {
	panic("not begun")
}
