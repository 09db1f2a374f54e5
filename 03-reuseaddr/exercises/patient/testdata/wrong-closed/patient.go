// The mistake: a deferred Close, which closes the listener before anybody has it.
//
// rejected by: TestListenRetryOfAFreeAddress: "the listener was closed"
package patient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

func ListenRetry(ctx context.Context, addr string, reuse bool) (net.Listener, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		ln, err := listen(ctx, addr, reuse)
		if err == nil {
			defer ln.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return ln, err
		}
		// Not time.Sleep, which does not hear ctx.
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

func listen(ctx context.Context, addr string, reuse bool) (net.Listener, error) {
	value := 0
	if reuse {
		value = 1
	}
	config := net.ListenConfig{
		Control: func(_, _ string, conn syscall.RawConn) error {
			var failed error
			err := conn.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
			})
			return errors.Join(err, failed)
		},
	}
	return config.Listen(ctx, "tcp", addr)
}
