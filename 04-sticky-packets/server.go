package sticky

import (
	"context"
	"net"
	"sync"
	"time"
)

// A Server answers each message with one message, in the same order.
type Server struct {
	// MaxSize is the longest message in bytes. A caller who announces a
	// longer one is cut off before any room is made for it.
	MaxSize uint32
	// Idle is how long a caller may take over one message, silence
	// included, and over listening to one answer. So neither a caller who
	// is silent nor one who sends a byte a minute holds a line for long.
	Idle time.Duration
	// Grace is how long Serve lets calls go on once it is to stop.
	Grace time.Duration
	// MaxCalls is the most calls at once, at least 1. The next caller
	// waits in the accept queue.
	MaxCalls int
	// Ended, if set, is told how each call ended; nil is a caller who hung
	// up between two messages. It must be safe for calls at the same time.
	Ended func(caller net.Addr, err error)
}

// Serve answers every call on ln until ctx ends, gives the calls in
// progress s.Grace to finish, cuts them and returns nil. It returns only
// when the last call is over, and always closes ln. (As in lesson 2.)
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	callCtx, cutAll := context.WithCancel(context.WithoutCancel(ctx))
	var calls sync.WaitGroup
	defer func() {
		ln.Close()
		time.AfterFunc(s.Grace, cutAll)
		calls.Wait()
		cutAll()
	}()

	lines := make(chan struct{}, max(s.MaxCalls, 1))
	for {
		select {
		case lines <- struct{}{}:
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
		calls.Go(func() {
			s.call(callCtx, conn)
			<-lines
		})
	}
}
