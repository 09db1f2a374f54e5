package upload

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// step is how much is moved between two looks at the clock. A deadline
// is an absolute moment: it has to be renewed, and inside a copy of a
// whole file nobody could.
const step = 4 << 20

// Receive moves the bytes of a file, from byte at, where file has to
// stand, to its size and not one further: the next header follows. It
// tells reached how far it has got, and returns that too.
func (s *Session) Receive(file *os.File, at, size int64, reached func(at int64)) (int64, error) {
	enough := int64(min(float64(s.MinRate)*s.IdleTimeout.Seconds(), 1<<62))
	reached(at)
	for at < size {
		if err := s.Allow(s.IdleTimeout); err != nil {
			return at, err
		}
		// From a bare *net.TCPConn into a bare *os.File this is splice: the
		// bytes never leave the kernel. A bufio.Reader, or a wrapper that
		// hides the descriptor, would cost a good part of the speed.
		n, err := io.CopyN(file, s.Conn, min(max(step, enough), size-at))
		at += n
		reached(at)
		if err != nil {
			switch late := errors.Is(err, os.ErrDeadlineExceeded); {
			case late && s.Cut() != nil:
				err = ErrStopping
			case late && n >= max(enough, 1):
				continue // slow, but not too slow: it goes on
			case late:
				err = ErrSlow
			}
			return at, fmt.Errorf("at byte %d of %d: %w", at, size, NoEOF(err))
		}
	}
	return at, nil
}

// SendBody sends the bytes of src from byte at on. Each step may take
// timeout; before each, reached is told how far it has got, and may end
// it.
func SendBody(conn net.Conn, src *Source, at int64, timeout time.Duration, reached func(at int64) error) error {
	_, err := src.File.Seek(at, io.SeekStart)
	for err == nil {
		conn.SetWriteDeadline(time.Now().Add(timeout))
		if err = reached(at); err != nil || at >= src.Size {
			return err
		}
		n := min(step, src.Size-at)
		if n == src.Size-at {
			// The last byte is held back until we have looked: without it
			// no server takes the file for whole.
			if n--; n == 0 {
				if err = src.Unchanged(); err != nil {
					return err
				}
				n = 1
			}
		}
		// From a bare *os.File into a bare *net.TCPConn this is sendfile:
		// from the page cache to the socket, inside the kernel.
		n, err = io.CopyN(conn, src.File, n)
		at += n
		if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			// A slow line, but it moves. Without sendfile more was read than
			// sent: go back to where the line stands.
			_, err = src.File.Seek(at, io.SeekStart)
		}
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it had %d bytes, and ended at %d", ErrChanged, src.Size, at)
	}
	return err
}
