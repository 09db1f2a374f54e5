package refused

import (
	"errors"
	"net"
	"syscall"
)

// Refused reports whether a call to addr is refused.
func Refused(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
