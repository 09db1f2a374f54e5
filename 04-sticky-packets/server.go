package sticky

import (
	"context"
	"net"
	"sync"
	"time"
)

// A Server answers each message with one message, in the same order.
type Server struct {
	// MaxSize is the longest message in bytes. A client that announces a
	// longer one is disconnected before any room is made for it.
	MaxSize uint32
	// MessageTimeout is how long a client may take to send one message,
	// silence before it included, and to take one answer. So neither a
	// silent client nor one that sends a byte a minute stays for long.
	MessageTimeout time.Duration
	// ShutdownTimeout is how long connections may go on once Serve is to
	// stop; then they are cut. 0 cuts them at once.
	ShutdownTimeout time.Duration
	// MaxConns is the most connections at once, at least 1. The next
	// client waits in the accept queue.
	MaxConns int
	// OnClose, if set, is told how each connection ended; nil is a client
	// that closed between two messages. Calls of it may overlap.
	OnClose func(client net.Addr, err error)
}

// Serve serves every connection on ln until ctx ends. Then it closes ln,
// and only after that cuts the connections that go on for longer than
// s.ShutdownTimeout. It returns, nil if ctx has ended, when the last
// connection is closed, and always closes ln. (As in lesson 2.)
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
