// Package resumable is the upload that one ships: protocol 2, on the
// same port as protocol 1. The server answers a client that asks for
// it, goes on with a file where an earlier try broke off, and proves by
// a digest that it has every byte. It stands on package upload.
package resumable

import (
	"cmp"
	"context"
	"io"
	"net"
	"time"

	upload "example.com/dialtone/05-file-upload"
)

// linger is how long a client has for reading why it was refused, also
// when the server stops, and drain how much it may still send meanwhile.
const (
	linger = 2 * time.Second
	drain  = 64 << 20
)

// A Server receives files into a Folder, from clients of protocol 1 and
// 2 on the same port. NewServer gives one that can be left as it is.
type Server struct {
	upload.Limits
	Folder *Folder
	// Report, if set, is told of each file, stored or not; by several
	// goroutines at once.
	Report func(Record)
}

// NewServer is a server into f with the usual limits.
func NewServer(f *Folder) *Server {
	return &Server{Limits: upload.DefaultLimits(), Folder: f}
}

// Serve serves the clients that connect to ln until ctx is done. What
// it cuts then is told why, which takes 2 seconds at most, and can be
// resumed, as far as Folder keeps it.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	s.Folder.sweep(s.Folder.KeepBytes)
	return upload.Serve(ctx, ln, s.Limits, s.session)
}

// session serves one client: file after file, until it closes or its
// stream cannot be trusted any more.
func (s *Server) session(c *upload.Session) {
	answers := false // whether this client reads them: it once asked
	for {
		data, err := c.NextFrame()
		if err == io.EOF {
			return
		}
		rec := Record{Client: c.Conn.RemoteAddr(), Began: time.Now()}
		if data != nil {
			offer, bad := ParseOffer(data)
			rec.Offer, err = offer, cmp.Or(err, bad)
		}
		answers = answers || rec.Offer.Protocol == 2
		inStep := false
		if err == nil {
			inStep, err = s.receive(c, &rec)
		}
		rec.Took, rec.Err = time.Since(rec.Began), err
		if s.Report != nil {
			s.Report(rec)
		}
		if err != nil && answers {
			c.Conn.SetDeadline(time.Now().Add(linger)) // for readOn too
			err := upload.WriteFrame(c.Conn, answer{Status: "refused", Error: upload.Plain(err).Error()})
			inStep = inStep && err == nil
		}
		// A client of protocol 1 is told nothing, and cut off.
		if err != nil && !inStep {
			if answers {
				readOn(c.Conn)
			}
			return
		}
	}
}

// readOn lets a client that is still sending read our answer. Closing
// at once would reset the connection, and the reset can destroy the
// answer before the client has read it.
func readOn(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		io.CopyN(io.Discard, conn, drain)
	}
}
