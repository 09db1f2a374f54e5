// Package stop is a graceful stop.
package stop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Serve answers the calls that come to ln until ctx is done. It then lets
// the calls in progress go on for timeout before it cuts them and returns
// context.DeadlineExceeded; it returns nil if none had to be cut. It
// returns after the last handler, and closes ln.
func Serve(ctx context.Context, ln net.Listener, handle func(net.Conn), timeout time.Duration) error {
	defer ln.Close()
	// Accept knows nothing of contexts. Closing the listener wakes it.
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()

	var calls calls
	err := calls.answer(ln, handle)

	done := make(chan struct{})
	go func() { calls.handlers.Wait(); close(done) }()
	if calls.drain(ctx, done, timeout) {
		return err
	}
	calls.cut()
	<-done
	return errors.Join(err, context.DeadlineExceeded)
}

// calls are those in progress.
type calls struct {
	handlers sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

// answer accepts until ln is closed, which is no error.
func (c *calls) answer(ln net.Listener, handle func(net.Conn)) error {
	c.conns = make(map[net.Conn]bool)
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		c.mu.Lock()
		c.conns[conn] = true
		c.mu.Unlock()
		c.handlers.Go(func() {
			defer c.closeConn(conn)
			handle(conn)
		})
	}
}

func (c *calls) closeConn(conn net.Conn) {
	conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}

// drain waits for the calls: without limit while ctx is not done, then for
// timeout. It reports whether all of them have ended.
func (c *calls) drain(ctx context.Context, done <-chan struct{}, timeout time.Duration) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	limit := time.NewTimer(timeout)
	defer limit.Stop()
	select {
	case <-done:
		return true
	case <-limit.C:
		return false
	}
}

// cut closes what is still in use; a blocked Read or Write then fails.
func (c *calls) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
}
