// The mistake: a nil *net.TCPListener is put into the net.Listener: with an error it is not nil.
//
// rejected by: TestListenReportsABadAddress: "a listener that is not nil"
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
	ln, err := config.Listen(context.Background(), "tcp", addr)
	tcp, _ := ln.(*net.TCPListener)
	return tcp, err
}
