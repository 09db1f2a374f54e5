package upload

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// Why a Server ends an upload.
var (
	ErrTooLarge = errors.New("the file is too large")
	ErrDigest   = errors.New("the digest differs: these are not the bytes that were sent")
	ErrStopping = errors.New("the server is stopping; send it again later")
	ErrSlow     = errors.New("too few bytes in too long a time")
)

// linger is how long a client has for reading why it was refused, and
// drain how much it may still send meanwhile.
const (
	linger = 2 * time.Second
	drain  = 64 << 20
)

var past = time.Unix(1, 0) // a deadline that wakes whoever waits

// session serves one client: file after file, until it hangs up or its
// stream cannot be trusted any more. It ends early when cut is done, or
// when stopping is done and no file is under way.
func (s *Server) session(stopping, cut context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(cut, func() { conn.SetDeadline(past) })()
	listens := false // whether this client reads answers: it once asked
	for {
		h, err := s.nextHeader(stopping, conn)
		if errors.Is(err, io.EOF) || stopping.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			return // it hung up between two files, or we do
		}
		listens = listens || h.Protocol == 2
		rec := Record{Client: conn.RemoteAddr(), Header: h, Began: time.Now()}
		inStep := false
		if err == nil {
			inStep, err = s.receive(cut, conn, &rec)
		}
		rec.Took, rec.Err = time.Since(rec.Began), err
		s.Report(rec)
		if err != nil && listens {
			conn.SetWriteDeadline(time.Now().Add(linger))
			err := writeAnswer(conn, answer{Status: "refused", Error: plain(err).Error()})
			inStep = inStep && err == nil
		}
		// A protocol 1 client gets not one byte, whatever happens: it would
		// leave it unread, and its Close would then reset its next file.
		if err != nil && !inStep {
			if listens {
				hearOut(conn)
			}
			return
		}
	}
}

// nextHeader has Idle for the whole header, not for each byte of it.
func (s *Server) nextHeader(stopping context.Context, conn net.Conn) (Header, error) {
	conn.SetReadDeadline(time.Now().Add(s.Idle))
	awake := context.AfterFunc(stopping, func() { conn.SetReadDeadline(past) })
	h, err := ReadHeader(conn)
	if !awake() {
		return h, first(err, ErrStopping)
	}
	return h, err
}

// hearOut ends a conversation with a client that is still talking.
// Closing at once would reset it, and the reset can destroy our answer
// before the client has read it.
func hearOut(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		conn.SetReadDeadline(time.Now().Add(linger))
		io.CopyN(io.Discard, conn, drain)
	}
}
