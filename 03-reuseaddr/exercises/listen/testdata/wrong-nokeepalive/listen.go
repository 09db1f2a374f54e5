// The mistake: Keep-alive is switched off for the calls, which the task does not ask for.
//
// rejected by: TestListenChangesNothingElse: "expected: SO_KEEPALIVE 1"
package listen

import (
	"context"
	"errors"
	"net"
	"syscall"
)

func Listen(addr string, reuse bool) (net.Listener, error) {
	value := 0
	if reuse {
		value = 1
	}
	config := net.ListenConfig{
		KeepAlive: -1,
		// After Go's own setsockopt, so that ours wins, and before bind.
		Control: func(_, _ string, conn syscall.RawConn) error {
			var failed error
			err := conn.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
			})
			return errors.Join(err, failed)
		},
	}
	return config.Listen(context.Background(), "tcp", addr)
}
