// The mistake: the value is the wrong way round.
//
// rejected by: TestListenSetsTheOption: "expected: on: true"
package listen

import (
	"context"
	"net"
	"syscall"
)

func Listen(addr string, reuse bool) (net.Listener, error) {
	value := 1
	if reuse {
		value = 0
	}
	config := net.ListenConfig{
		Control: func(_, _ string, conn syscall.RawConn) error {
			var failed error
			err := conn.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
			})
			if err != nil {
				return err
			}
			return failed
		},
	}
	return config.Listen(context.Background(), "tcp", addr)
}
