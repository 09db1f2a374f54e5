package upload

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// Why a server ends an upload.
var (
	ErrTooLarge = errors.New("the file is too large")
	ErrStopping = errors.New("the server is stopping; send it again later")
	ErrSlow     = errors.New("too few bytes in too long a time")
)

// Past is a deadline that wakes whoever waits.
var Past = time.Unix(1, 0)

// A Session is one connection of a server, and whether it may go on.
type Session struct {
	Conn net.Conn // bare: see Receive
	Limits
	stopping, cut context.Context
	End           func() bool // of the session: nothing wakes it any more
}

// NewSession is a session on conn. It ends between two files when
// stopping is done, and anywhere when cut is.
func NewSession(stopping, cut context.Context, conn net.Conn, limits Limits) *Session {
	wake := context.AfterFunc(cut, func() { conn.SetDeadline(Past) })
	return &Session{conn, limits, stopping, cut, wake}
}

// Cut is ErrStopping when the session is to end at once.
func (s *Session) Cut() error {
	if s.cut.Err() != nil {
		return ErrStopping
	}
	return nil
}

// Whenever calls f when the session is to end at once, if ever.
func (s *Session) Whenever(f func()) (stop func() bool) { return context.AfterFunc(s.cut, f) }

// Allow gives the next reads and writes d from now, unless the server
// cuts.
func (s *Session) Allow(d time.Duration) error {
	s.Conn.SetDeadline(time.Now().Add(d))
	// In this order: cutting sets a deadline in the past, and if it did so
	// before the line above, it is done by now.
	return s.Cut()
}

// NextFrame reads what announces the next file. It may take IdleTimeout
// in all, not for each byte. io.EOF is a client that closes between two
// files, or a server that stops there; ErrStopping comes with a frame
// that is too late.
func (s *Session) NextFrame() ([]byte, error) {
	s.Conn.SetReadDeadline(time.Now().Add(s.IdleTimeout))
	awake := context.AfterFunc(s.stopping, func() { s.Conn.SetReadDeadline(Past) })
	data, err := ReadFrame(s.Conn)
	if !awake() && err == nil {
		return data, ErrStopping
	}
	if s.stopping.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, io.EOF
	}
	return data, err
}
