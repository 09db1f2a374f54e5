package sticky

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// serveConn is one connection to its end; the end of ctx cuts it.
func (s *Server) serveConn(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	err := s.answer(conn)
	if s.OnClose != nil {
		s.OnClose(conn.RemoteAddr(), err)
	}
	if errors.Is(err, ErrTooLarge) {
		closeGracefully(conn)
	}
}

// answer sends every message back in upper case.
func (s *Server) answer(conn net.Conn) error {
	messages := NewReader(conn, s.MaxSize)
	var frame []byte // one buffer for all answers
	for {
		conn.SetReadDeadline(time.Now().Add(s.MessageTimeout))
		p, err := messages.Next()
		if err == io.EOF {
			return nil // only between two messages
		}
		if err != nil {
			return Explain(err)
		}
		// An answer is as long as its message, so it is never too large.
		frame, _ = AppendFrame(frame[:0], p, s.MaxSize)
		upper(frame[PrefixSize:])
		conn.SetWriteDeadline(time.Now().Add(s.MessageTimeout))
		if _, err := conn.Write(frame); err != nil {
			return err
		}
	}
}

// closeGracefully lets a client whose bytes we will not read have the
// answers that are under way: to close with bytes unread destroys them.
func closeGracefully(conn net.Conn) {
	conn.SetDeadline(time.Now().Add(time.Second))
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
	}
}

// upper makes a to z capitals, and leaves every other byte as it is.
func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - ('a' - 'A')
		}
	}
}
