// The mistake: the host is dropped: it listens on every address of the machine.
//
// rejected by: TestListenTakesCalls: "came:     one on [::]"
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
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
			})
			if err != nil {
				return err
			}
			return failed
		},
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Err: err}
	}
	return config.Listen(context.Background(), "tcp", ":"+port)
}
