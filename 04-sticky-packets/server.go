package sticky

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A Server answers each message with one message, in the same order.
type Server struct {
	// MaxSize is the longest message in bytes. A client that announces a
	// longer one is disconnected before any room is made for it. A
	// connection keeps room for the longest message that it had, and for
	// its answer: about 2 × MaxSize × MaxConns bytes at the worst.
	MaxSize uint32
	// MessageTimeout, above 0, is how long a client may take to send one
	// message, silence before it included, and to take one answer. So
	// neither a silent client nor one that sends a byte a minute stays for
	// long.
	MessageTimeout time.Duration
	// ShutdownTimeout is how long connections may go on once Serve is to
	// stop; then they are cut. 0 cuts them at once.
	ShutdownTimeout time.Duration
	// MaxConns is the most connections at once, at least 1. The next
	// client waits in the accept queue. So whoever keeps MaxConns
	// connections busy, be it with empty messages, shuts out everybody
	// else. A limit for each address is the task of a firewall.
	MaxConns int
	// OnClose, if set, is told how each connection ended; nil is a client
	// that closed between two messages. Calls of it may overlap.
	OnClose func(client net.Addr, err error)
}

// Serve serves every connection on ln until ctx ends. Then it closes ln,
// and only after that cuts the connections that go on for longer than
// s.ShutdownTimeout. It returns, nil if ctx has ended, when the last
// connection is closed, and always closes ln. If Accept fails for good,
// also because somebody else has closed ln, it ends in the same way; while
// MaxConns connections are open it does not notice. (As in lesson 2.)
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	// Once, and whoever comes second waits until it is done.
	closeListener := sync.OnceFunc(func() { ln.Close() })
	defer context.AfterFunc(ctx, closeListener)()
	connCtx, cutAll := context.WithCancel(context.WithoutCancel(ctx))
	var conns sync.WaitGroup
	defer func() {
		closeListener()
		timer := time.AfterFunc(s.ShutdownTimeout, cutAll)
		conns.Wait()
		timer.Stop()
		cutAll()
	}()

	slots := make(chan struct{}, max(s.MaxConns, 1))
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := accept(ctx, ln)
		if err != nil && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		conns.Go(func() {
			s.serveConn(connCtx, conn)
			<-slots
		})
	}
}

// exhausted are the errors of an Accept that wants for descriptors, in
// this process or the whole system, or for memory. The last two are what
// Windows calls them: WSAEMFILE and WSAENOBUFS.
var exhausted = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	syscall.Errno(10024), syscall.Errno(10055),
}

// accept is ln.Accept, except that exhausted is no reason to stop: the
// client still waits in the queue. To try again at once would be a busy
// loop, so it waits 5 ms, and twice as long each time, up to a second. Any
// other error is final: a loop that goes on after an error that it does
// not know may spin for ever.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for pause := 5 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, time.Second) {
		conn, err := ln.Accept()
		if err == nil || !isAny(err, exhausted) {
			return conn, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil, ctx.Err()
}

func isAny(err error, targets []error) bool {
	return slices.ContainsFunc(targets, func(e error) bool { return errors.Is(err, e) })
}
