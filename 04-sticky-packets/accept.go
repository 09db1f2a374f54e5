package sticky

import (
	"context"
	"fmt"
	"net"
	"time"
)

// accept is ln.Accept, except that running out of descriptors or memory
// is no reason to stop: it waits for some to come free, 5 ms at first and
// twice as long each time, up to a second; to try again at once would be
// a busy loop. Any other error is final: a loop that goes on after an
// error that it does not know may spin for ever.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		conn, err := ln.Accept()
		if err == nil {
			return conn, nil
		}
		if !exhausted(err) {
			return nil, fmt.Errorf("answer: %w", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
