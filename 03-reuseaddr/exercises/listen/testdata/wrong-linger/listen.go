// The mistake: SO_LINGER with 0 s, "to get rid of TIME_WAIT": every call inherits it, and ends with a reset.
//
// rejected by: TestListenTakesCalls: "Close slams the phone"
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
				syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
			})
			return errors.Join(err, failed)
		},
	}
	return config.Listen(context.Background(), "tcp", addr)
}
