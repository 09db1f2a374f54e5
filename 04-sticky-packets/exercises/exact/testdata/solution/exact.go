package exact

import (
	"io"
	"net"
)

// Exactly reads n bytes, not more and not less.
func Exactly(conn net.Conn, n int) ([]byte, error) {
	buf := make([]byte, n)
	got, err := io.ReadFull(conn, buf)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return buf[:got], err
}
