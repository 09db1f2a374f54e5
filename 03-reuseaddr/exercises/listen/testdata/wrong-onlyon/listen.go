// The mistake: the option is only ever switched on; off is left to Go, which has it on.
//
// rejected by: TestListenSetsTheOption: "false must set it to 0"
package listen

import (
	"context"
	"net"
	"syscall"
)

func Listen(addr string, reuse bool) (net.Listener, error) {
	value := 0
	if reuse {
		value = 1
	}
	config := net.ListenConfig{
		Control: func(_, _ string, conn syscall.RawConn) error {
			var failed error
			err := conn.Control(func(fd uintptr) {
				if reuse {
					failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
				}
			})
			if err != nil {
				return err
			}
			return failed
		},
	}
	return config.Listen(context.Background(), "tcp", addr)
}
