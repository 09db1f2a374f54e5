package half

import (
	"io"
	"net"
)

// Send says word, and that it was all.
func Send(conn *net.TCPConn, word string) error {
	if _, err := io.WriteString(conn, word); err != nil {
		return err
	}
	return conn.CloseWrite()
}
