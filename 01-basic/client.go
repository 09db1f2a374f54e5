package basic

import (
	"errors"
	"io"
	"net"
	"time"
)

// Receive reads from conn until the other side ends, and calls got with
// what each Read brought; got must not keep p. It returns the total. A
// silence longer than timeout is a timeout. The last read deadline stays
// set on conn. (Source, 5.2.)
func Receive(conn net.Conn, timeout time.Duration, got func(p []byte)) (int64, error) {
	var total int64
	buf := make([]byte, 1024)
	for {
		conn.SetReadDeadline(time.Now().Add(timeout))
		n, err := conn.Read(buf)
		// First the bytes, then the error: Read may bring both at once.
		if n > 0 {
			total += int64(n)
			got(buf[:n])
		}
		switch {
		case errors.Is(err, io.EOF):
			return total, nil // the other side has closed: not a failure
		case err != nil:
			return total, err
		}
	}
}

// Send sends request on conn and then says that this was all (a
// half-close). The other direction stays open: Receive gets the reply.
// The write deadline stays set on conn. With an empty request it does
// nothing at all.
func Send(conn net.Conn, timeout time.Duration, request string) error {
	if request == "" {
		return nil
	}
	conn.SetWriteDeadline(time.Now().Add(timeout))
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
