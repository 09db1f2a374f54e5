package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"time"
)

// A Server receives files into a Store, in protocol 1: it never says a
// word.
type Server struct {
	Limits
	Store *Store
	// Report, if set, is told of each file, stored or not; by several
	// goroutines at once.
	Report func(Record)
}

// A Record is what became of one file.
type Record struct {
	Client net.Addr
	Header Header
	Stored string // the name that it has now
	Took   time.Duration
	Err    error
}

// String is a line for a log.
func (r Record) String() string {
	if r.Err != nil {
		return fmt.Sprintf("%v: not stored: %s: %v", r.Client, Show(r.Header.Name), Plain(r.Err))
	}
	return fmt.Sprintf("%v: stored %s, %d bytes in %v", r.Client, Show(r.Stored), r.Header.Size, r.Took.Round(time.Millisecond))
}

// Serve serves the clients that connect to ln until ctx is done.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	return Serve(ctx, ln, s.Limits, s.session)
}

// session receives file after file, until the client closes or its
// stream cannot be trusted any more. A client of protocol 1 gets not
// one byte, whatever happens: it would leave it unread, and its Close
// would then reset its next file.
func (s *Server) session(c *Session) {
	for {
		data, err := c.NextFrame()
		if err == io.EOF {
			return
		}
		rec := Record{Client: c.Conn.RemoteAddr()}
		began := time.Now()
		if err == nil {
			rec.Header, err = ParseHeader(data)
		}
		if err == nil {
			rec.Stored, err = s.receive(c, rec.Header)
		}
		rec.Took, rec.Err = time.Since(began), err
		if s.Report != nil {
			s.Report(rec)
		}
		if err != nil {
			return
		}
	}
}

// receive receives the file that h announces: whole, or not at all.
func (s *Server) receive(c *Session, h Header) (stored string, err error) {
	if err := CheckName(h.Name); err != nil {
		return "", err
	}
	if h.Size > s.MaxSize {
		return "", fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, h.Size, s.MaxSize)
	}
	in, err := s.Store.Create()
	if err != nil {
		return "", err
	}
	defer in.Discard()
	if _, err := c.Receive(in.File, 0, h.Size, func(int64) {}); err != nil {
		return "", err
	}
	return in.PublishBeside(h.Name, h.Size)
}

// PublishBeside publishes a file under name; where that is taken, with
// a number. It returns the name that the file has now.
func (in *Incoming) PublishBeside(name string, size int64) (string, error) {
	for n := 1; n <= 9999; n++ {
		as := Numbered(name, n)
		if err := in.Publish(as, size); err == nil {
			return as, nil
		} else if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", errors.New("9999 files of this name are there already")
}
