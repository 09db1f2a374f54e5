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

// step is how much is moved between two looks at the clock. A deadline is
// an absolute moment: it has to be renewed, and inside a copy of a whole
// file nobody could.
const step = 4 << 20

// slowDisk is what a disk is supposed to read or write at least, in bytes
// a second, while the other end waits for a digest or for a sync.
const slowDisk = 50 << 20

func patienceFor(size int64) time.Duration {
	return time.Duration(size / slowDisk * int64(time.Second))
}

// receive receives the file that rec.Header announces. It also says
// whether the stream is in step afterwards: what comes next is a header.
func (s *Server) receive(cut context.Context, conn net.Conn, rec *Record) (inStep bool, err error) {
	h := rec.Header
	if h.Size > s.MaxSize {
		return h.Protocol == 2, fmt.Errorf("%w: %v, at most %v", ErrTooLarge, Size(h.Size), Size(s.MaxSize))
	}
	in, err := s.Folder.Begin(h)
	if err != nil {
		// In protocol 2 nothing follows unless we say "send".
		return h.Protocol == 2, err
	}
	defer in.Abandon()
	rec.Offset = in.Offset
	if h.Protocol == 2 {
		conn.SetWriteDeadline(time.Now().Add(s.Idle))
		if err := writeAnswer(conn, answer{Status: "send", Offset: in.Offset}); err != nil {
			return false, err
		}
	}
	kind := h.Digest
	if h.Protocol == 1 {
		kind = None
	}
	tally := newTally(in.File, kind)
	defer tally.stop()
	if rec.Moved, err = s.body(cut, conn, in, tally); err != nil {
		return false, err
	}
	if rec.Digest, err = tally.sum(); err != nil {
		return false, err
	}
	if h.Protocol == 2 {
		conn.SetReadDeadline(time.Now().Add(s.Idle + patienceFor(h.Size)))
		theirs, err := readTrailer(conn)
		if err != nil {
			return false, fmt.Errorf("trailer: %w", noEOF(err))
		}
		if theirs != rec.Digest {
			in.Discard() // no part of it is worth resuming
			return true, ErrDigest
		}
	}
	if rec.Stored, err = in.Publish(); err != nil || h.Protocol == 1 {
		return h.Protocol == 2 || err == nil, err
	}
	conn.SetWriteDeadline(time.Now().Add(s.Idle))
	writeAnswer(conn, answer{Status: "stored"}) // stored it is, heard or not
	return true, nil
}

// body moves the bytes of the file, from in.Offset to its end and not one
// further: the next header follows.
func (s *Server) body(cut context.Context, conn net.Conn, in *Incoming, tally *tally) (moved int64, err error) {
	enough := int64(float64(s.LowestRate) * s.Idle.Seconds())
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
		// hides the descriptor, would cost two thirds of the speed.
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
