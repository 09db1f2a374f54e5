// The mistake: Of setsockopt's error nobody hears: RawConn.Control returns only its own.
//
// rejected by: TestListenReportsSetsockopt: "the error of setsockopt was dropped"
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
			return conn.Control(func(fd uintptr) {
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
			})
		},
	}
	return config.Listen(context.Background(), "tcp", addr)
}
