// The mistake: the option is set on the finished listener, when bind has long been called.
//
// rejected by: TestListenSetsItBeforeBind: "too late, after bind"
package listen

import (
	"net"
	"syscall"
)

func Listen(addr string, reuse bool) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	value := 0
	if reuse {
		value = 1
	}
	conn, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return nil, err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
	})
	if err != nil {
		return nil, err
	}
	return ln, failed
}
