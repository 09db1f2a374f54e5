package deadline

import (
	"net"
	"time"
)

// ReadFor reads once, and waits d at most.
func ReadFor(conn net.Conn, d time.Duration) (string, error) {
	conn.SetReadDeadline(time.Now().Add(d))
	defer conn.SetReadDeadline(time.Time{})
	buf := make([]byte, 1024)
	n, err := conn.Read(buf)
	return string(buf[:n]), err
}
