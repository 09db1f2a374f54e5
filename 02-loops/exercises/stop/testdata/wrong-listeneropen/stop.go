// The mistake: the listener stays open while the calls in progress end: new callers are still answered.
//
// rejected by: TestServeStopsAnswering: "ln open"
package stop

import (
	"context"
	"net"
	"sync"
	"time"
)

func Serve(ctx context.Context, ln net.Listener, handle func(net.Conn), grace time.Duration) error {
	defer ln.Close()
	var handlers sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[conn] = true
			mu.Unlock()
			handlers.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	}()
	<-ctx.Done()
	done := make(chan struct{})
	go func() { handlers.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(grace):
	}
	mu.Lock()
	defer mu.Unlock()
	for conn := range conns {
		conn.Close()
	}
	<-done
	return context.DeadlineExceeded
}
