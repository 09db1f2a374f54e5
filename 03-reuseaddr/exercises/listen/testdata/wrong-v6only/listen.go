// The mistake: IPV6_V6ONLY is set as well: [::] no longer takes calls over IPv4.
//
// rejected by: TestListenLeavesIPv6Alone: "IPV6_V6ONLY 1"
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
				syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1)
			})
			return errors.Join(err, failed)
		},
	}
	return config.Listen(context.Background(), "tcp", addr)
}
