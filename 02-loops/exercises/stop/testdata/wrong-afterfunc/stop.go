// The mistake: the AfterFunc stays with the context when Serve has returned, and keeps the listener.
//
// rejected by: TestServeLeavesTheContext: "keeps ln in memory"
package stop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

func Serve(ctx context.Context, ln net.Listener, handle func(net.Conn), grace time.Duration) error {
	defer ln.Close()
	context.AfterFunc(ctx, func() { ln.Close() })

	var calls calls
	err := calls.answer(ln, handle)

	done := make(chan struct{})
	go func() { calls.handlers.Wait(); close(done) }()
	if calls.drain(ctx, done, grace) {
		return err
	}
	calls.cut()
	<-done
	return errors.Join(err, context.DeadlineExceeded)
}

type calls struct {
	handlers sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

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
			defer c.hangUp(conn)
			handle(conn)
		})
	}
}

func (c *calls) hangUp(conn net.Conn) {
	conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}

func (c *calls) drain(ctx context.Context, done <-chan struct{}, grace time.Duration) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	limit := time.NewTimer(grace)
	defer limit.Stop()
	select {
	case <-done:
		return true
	case <-limit.C:
		return false
	}
}

func (c *calls) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
}
