package resumable

import (
	"errors"
	"fmt"
	"time"

	upload "example.com/dialtone/05-file-upload"
)

// ErrDigest is a file that is not the one that was sent.
var ErrDigest = errors.New("the digest differs: these are not the bytes that were sent")

// slowDisk is what a disk is supposed to read or write at least, in
// bytes a second, while the other end waits for a digest or for a sync.
const slowDisk = 50 << 20

func diskTime(size int64) time.Duration {
	return time.Duration(size / slowDisk * int64(time.Second))
}

// receive receives the file that rec.Offer announces. It also says
// whether the stream is in step afterwards: what comes next is a
// header.
func (s *Server) receive(c *upload.Session, rec *Record) (inStep bool, err error) {
	offer := rec.Offer
	answered := offer.Protocol == 2
	if offer.Size > s.MaxSize {
		return answered, fmt.Errorf("%w: %v, at most %v", upload.ErrTooLarge, Size(offer.Size), Size(s.MaxSize))
	}
	in, err := s.Folder.Begin(offer)
	if err != nil {
		return answered, err // nothing follows unless we say "send"
	}
	defer in.Suspend()
	rec.Offset = in.Offset
	if answered {
		if err := c.Allow(s.IdleTimeout); err != nil {
			return false, err
		}
		if err := upload.WriteFrame(c.Conn, answer{Status: "send", Offset: &in.Offset}); err != nil {
			return false, err
		}
	}
	tally := newTally(in.File, offer.Digest)
	defer tally.stop()
	defer c.Whenever(tally.halt)()
	at, err := c.Receive(in.File, in.Offset, offer.Size, tally.reached)
	rec.Moved = at - in.Offset
	if err != nil {
		return false, err
	}
	if rec.Digest, err = tally.sum(); err != nil {
		return false, err
	}
	if !answered {
		rec.Stored, err = in.PublishBeside()
		return err == nil, err
	}
	theirs, err := s.trailer(c, offer.Size)
	if err != nil {
		return false, err
	}
	if theirs != rec.Digest {
		in.Discard() // no part of it is worth resuming
		return true, ErrDigest
	}
	if err := in.Publish(); err != nil {
		return true, err
	}
	rec.Stored = offer.Name
	c.Conn.SetWriteDeadline(time.Now().Add(linger))
	upload.WriteFrame(c.Conn, answer{Status: "stored"}) // stored it is, read or not
	return true, nil
}

// trailer waits for it: the client may have to read the whole file for
// the digest first.
func (s *Server) trailer(c *upload.Session, size int64) (digest string, err error) {
	if err := c.Allow(s.IdleTimeout + diskTime(size)); err != nil {
		return "", err
	}
	digest, err = readTrailer(c.Conn)
	if err != nil && c.Cut() != nil {
		return "", upload.ErrStopping
	}
	if err != nil {
		return "", fmt.Errorf("trailer: %w", upload.NoEOF(err))
	}
	return digest, nil
}
