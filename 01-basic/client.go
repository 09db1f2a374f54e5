package basic

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Hear listens on conn until the other side hangs up, and calls heard with
// what each Read got; the bytes are heard's only until it returns. It
// gives the number of bytes in all. A silence longer than patience is a
// timeout. (Source, 5.2.)
func Hear(conn net.Conn, patience time.Duration, heard func(p []byte)) (int64, error) {
	var total int64
	buf := make([]byte, 1024)
	for {
		conn.SetReadDeadline(time.Now().Add(patience))
		n, err := conn.Read(buf)
		// First the bytes, then the error: Read may bring both at once.
		if n > 0 {
			total += int64(n)
			heard(buf[:n])
		}
		switch {
		case errors.Is(err, io.EOF):
			return total, nil // the other side hung up: not a failure
		case err != nil:
			return total, fmt.Errorf("listen: %w", err)
		}
	}
}

// Say says word on conn and then that it has said all (a half-close). The
// line stays open the other way: Hear gets the answer. Without a word it
// does nothing at all.
func Say(conn net.Conn, patience time.Duration, word string) error {
	if word == "" {
		return nil
	}
	conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, word); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return fmt.Errorf("half-close: %w", err)
		}
	}
	return nil
}
