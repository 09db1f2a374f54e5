package loops

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// A Server answers calls. The zero value is ready to use.
type Server struct {
	// Idle is the longest silence of a caller; 0 means a minute.
	Idle time.Duration
	// Grace is how long Serve lets calls go on once it is to stop; then
	// it cuts them. 0 cuts them at once.
	Grace time.Duration
	// MaxCalls is the most calls at once; 0 means 10,000. The next caller
	// is not turned away: he waits in the accept queue.
	MaxCalls int
	// Ended, if set, is told how each call ended; nil is a caller who hung
	// up. Calls end at the same time, so it must be safe for that.
	Ended func(caller net.Addr, err error)
}

// Serve is the connection loop: it answers every call on ln and gives each
// a goroutine of its own, so that nobody waits for anybody. When ctx ends
// it stops answering, lets the calls in progress finish, cuts them after
// s.Grace, and returns nil. It returns only when the last call is over,
// and always closes ln. (Source, 6.1.)
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	// Accept knows nothing about contexts. Closing wakes it.
	defer context.AfterFunc(ctx, func() { ln.Close() })()

	// Calls outlive ctx by the grace period, so they have their own.
	callsCtx, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var calls sync.WaitGroup
	defer func() {
		defer time.AfterFunc(s.Grace, cut).Stop()
		calls.Wait()
	}()

	lines := make(chan struct{}, cmp.Or(s.MaxCalls, 10_000))
	for {
		// A free line first, then the caller: so the kernel keeps him.
		select {
		case lines <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := accept(ctx, ln)
		if ctx.Err() != nil {
			closeIfOpen(conn)
			return nil
		}
		if err != nil {
			return err
		}
		calls.Go(func() {
			s.talk(callsCtx, conn)
			<-lines
		})
	}
}

// talk is one call from picking up to hanging up; the end of ctx cuts it.
func (s *Server) talk(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	err := Converse(conn, cmp.Or(s.Idle, time.Minute))
	if s.Ended != nil {
		s.Ended(conn.RemoteAddr(), err)
	}
}

// accept is ln.Accept, except that running out of descriptors or memory
// is no reason to stop: it waits for some to come free, 5 ms at first and
// twice as long each time, up to a second. Trying again at once would be
// a busy loop. Every other error is final: a loop that goes on after an
// error it does not know spins for ever.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			return conn, nil
		case !exhausted(err):
			return nil, fmt.Errorf("answer: %w", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func closeIfOpen(conn net.Conn) {
	if conn != nil {
		conn.Close()
	}
}
