package eof

import (
	"errors"
	"io"
	"net"
)

// ReadAll returns all that the other side says until it ends.
func ReadAll(conn net.Conn) (string, error) {
	var said []byte
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		said = append(said, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return string(said), nil
		}
		if err != nil {
			return string(said), err
		}
	}
}
