package half

import (
	"io"
	"net"
)

// Say says word, and that it was all.
func Say(conn *net.TCPConn, word string) error {
	if _, err := io.WriteString(conn, word); err != nil {
		return err
	}
	return conn.CloseWrite()
}
