package upload

import (
	"context"
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

// body moves the bytes of the file, from in.Offset to its end and not
// one further: the next header follows.
func (s *Server) body(cut context.Context, conn net.Conn, in *Incoming, tally *tally) (moved int64, err error) {
	enough := int64(min(float64(s.LowestRate)*s.Idle.Seconds(), 1<<62))
	size := in.header.Size
	tally.reached(in.Offset)
	for at := in.Offset; at < size; {
		conn.SetReadDeadline(time.Now().Add(s.Idle))
		// In this order: cut sets a deadline in the past, and if it did so
		// before the line above, it is done by now.
		if cut.Err() != nil {
			return moved, ErrStopping
		}
		// From a bare *net.TCPConn into a bare *os.File this is splice: the
		// bytes never leave the kernel. A bufio.Reader, or a wrapper that
		// hides the descriptor, would cost a good part of the speed.
		n, err := io.CopyN(in.File, conn, min(max(step, enough), size-at))
		at, moved = at+n, moved+n
		tally.reached(at)
		if err != nil {
			switch late := errors.Is(err, os.ErrDeadlineExceeded); {
			case late && cut.Err() != nil:
				err = ErrStopping
			case late && n >= max(enough, 1):
				continue // slow, but not too slow: it goes on
			case late:
				err = ErrSlow
			}
			return moved, fmt.Errorf("at byte %d of %d: %w", at, size, noEOF(err))
		}
	}
	return moved, nil
}

// noEOF is err for an end that comes too early.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
