package upload

import (
	"context"
	"fmt"
	"net"
	"time"
)

// slowDisk is what a disk is supposed to read or write at least, in
// bytes a second, while the other end waits for a digest or for a sync.
const slowDisk = 50 << 20

func patienceFor(size int64) time.Duration {
	return time.Duration(size / slowDisk * int64(time.Second))
}

// receive receives the file that rec.Header announces. It also says
// whether the stream is in step afterwards: what comes next is a
// header.
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
		if cut.Err() != nil { // after the line above: see body
			return false, ErrStopping
		}
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
	defer context.AfterFunc(cut, tally.halt)()
	if rec.Moved, err = s.body(cut, conn, in, tally); err != nil {
		return false, err
	}
	rec.Digest, err = tally.sum()
	if cut.Err() != nil {
		return false, ErrStopping // the sum is that of a part, perhaps
	}
	if err != nil {
		return false, err
	}
	if h.Protocol == 2 {
		conn.SetReadDeadline(time.Now().Add(s.Idle + patienceFor(h.Size)))
		if cut.Err() != nil {
			return false, ErrStopping
		}
		theirs, err := readTrailer(conn)
		if err != nil && cut.Err() != nil {
			return false, ErrStopping
		}
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
	conn.SetWriteDeadline(time.Now().Add(linger))
	writeAnswer(conn, answer{Status: "stored"}) // stored it is, heard or not
	return true, nil
}
