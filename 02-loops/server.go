package loops

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// A Server serves connections, each on a goroutine of its own.
type Server struct {
	// Handler serves one connection; it must be set. It ends when its
	// Reads and Writes fail; Serve closes the connection. Unlike in
	// net/http, a panic in it ends the program, and so every connection:
	// recover inside it where that is too much.
	Handler func(conn net.Conn) error
	// ShutdownTimeout is how long connections may go on once Serve is to
	// stop; then Serve closes them. 0 closes them at once.
	ShutdownTimeout time.Duration
	// MaxConns is the most connections at once, at least 1. The next
	// client is not turned away: it waits in the accept queue. So bad
	// clients cannot stop the server, but they can fill it: whoever keeps
	// MaxConns connections busy shuts out everybody else. A limit for each
	// address is the task of a firewall or a load balancer.
	MaxConns int
	// OnClose, if set, is told how each connection ended, after it was
	// closed. Several may end at the same time.
	OnClose func(client net.Addr, err error)
}

// Serve is the connection loop: it accepts every client on ln and gives
// each a goroutine of its own, so that none waits for another. When ctx
// ends it closes ln first, so that nobody new is taken before anybody is
// sent away; the kernel resets the clients still in the accept queue. Then
// it lets connections finish, closes them after s.ShutdownTimeout, and
// returns nil when the last handler has returned. (Source, 6.1.)
//
// End ctx to stop it. If Accept fails for good, also because somebody else
// has closed ln, it ends in the same way and returns that error; while
// MaxConns connections are open it does not notice.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	// Accept knows nothing about contexts. Closing wakes it. (Once: whoever
	// comes second waits until it is done.)
	closeListener := sync.OnceFunc(func() { ln.Close() })
	defer context.AfterFunc(ctx, closeListener)()

	// Connections outlive ctx: they get a context of their own.
	conns, cut := context.WithCancel(context.WithoutCancel(ctx))
	var handlers sync.WaitGroup
	defer func() {
		closeListener()
		timer := time.AfterFunc(s.ShutdownTimeout, cut)
		handlers.Wait()
		timer.Stop()
		cut()
	}()

	slots := make(chan struct{}, max(s.MaxConns, 1))
	for {
		// A free slot first, then the client: till then the kernel keeps
		// it in the accept queue.
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := accept(ctx, ln)
		if ctx.Err() != nil && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		handlers.Go(func() {
			s.serveConn(conns, conn)
			<-slots
		})
	}
}

// serveConn is one connection to its end; the end of ctx closes it.
func (s *Server) serveConn(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err := s.Handler(conn)
	stop()
	conn.Close()
	if s.OnClose != nil {
		s.OnClose(conn.RemoteAddr(), err)
	}
}

// accept is ln.Accept, but running out of descriptors or memory does not
// end it: it waits for some to come free, 5 ms at first, then twice as
// long each time, up to a second; trying again at once would be a busy
// loop. Any other error is final: going on after an error that one does
// not know may spin for ever.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for pause := 5 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, time.Second) {
		conn, err := ln.Accept()
		if err == nil || !exhausted(err) {
			return conn, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil, ctx.Err()
}

// exhausted reports whether err says that descriptors or memory ran out.
// The numbers are Windows' WSAEMFILE and WSAENOBUFS.
func exhausted(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, 10024, 10055} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
