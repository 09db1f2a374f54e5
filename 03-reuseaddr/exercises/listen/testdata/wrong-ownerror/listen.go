// The mistake: the error is replaced by a sentence: errors.Is finds nothing in it.
//
// rejected by: TestListenRefusesALiveAddress: "no longer holds it"
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
	if err != nil {
		return nil, errors.New("cannot listen: " + err.Error())
	}
	return ln, nil
}
