package loops

import (
	"context"
	"net"
	"sync"
	"time"
)

// A Server answers calls.
type Server struct {
	// Idle is the longest silence of a caller, and the longest he may take
	// over an answer. There must be one: a caller whose cable was cut is
	// silent for ever.
	Idle time.Duration
	// Grace is how long Serve lets calls go on once it is to stop; then
	// it cuts them. 0 cuts them at once.
	Grace time.Duration
	// MaxCalls is the most calls at once, at least 1. The next caller is
	// not turned away: he waits in the accept queue.
	MaxCalls int
	// Ended, if set, is told how each call ended; nil is a caller who hung
	// up. Calls end at the same time, so it must be safe for that. The
	// caller does not wait for it; his line does.
	Ended func(caller net.Addr, err error)
}

// Serve is the connection loop: it answers every call on ln and gives each
// a goroutine of its own, so that nobody waits for anybody. When ctx ends
// it stops answering, lets the calls in progress finish, cuts them after
// s.Grace, and returns nil. It returns only when the last call is over,
// and always closes ln: the kernel then resets the callers who are still
// in the accept queue. (Source, 6.1.)
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	// Accept knows nothing about contexts. Closing wakes it.
	defer context.AfterFunc(ctx, func() { ln.Close() })()

	// Calls outlive ctx by the grace period: they get one of their own.
	talkCtx, cut := context.WithCancel(context.WithoutCancel(ctx))
	var calls sync.WaitGroup
	defer func() {
		ln.Close()
		grace := time.AfterFunc(s.Grace, cut)
		calls.Wait()
		grace.Stop()
		cut()
	}()

	lines := make(chan struct{}, max(s.MaxCalls, 1))
	for {
		// A free line first, then the caller: till then the kernel
		// keeps him in the accept queue.
		select {
		case lines <- struct{}{}:
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
		calls.Go(func() {
			s.talk(talkCtx, conn)
			<-lines
		})
	}
}

// talk is one call from picking up to hanging up; the end of ctx cuts it.
func (s *Server) talk(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err := Converse(conn, s.Idle)
	stop()
	conn.Close()
	if s.Ended != nil {
		s.Ended(conn.RemoteAddr(), err)
	}
}
