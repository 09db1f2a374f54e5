// The mistake: The address is not free, or bad: the error comes beside a listener somewhere else.
//
// rejected by: TestListenReportsABadAddress: "returned open beside the error"
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
		// After Go's own setsockopt, so that ours wins, and before bind.
		Control: func(_, _ string, conn syscall.RawConn) error {
			var failed error
			err := conn.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
			})
			return errors.Join(err, failed)
		},
	}
	ln, err := config.Listen(context.Background(), "tcp", addr)
	if err != nil {
		ln, _ = net.Listen("tcp", "127.0.0.1:0")
	}
	return ln, err
}
