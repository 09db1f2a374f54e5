// Package patience is a loop with a deadline that only silence can reach.
package patience

import (
	"fmt"
	"io"
	"net"
	"time"
)

// Echo says back what it hears until the caller hangs up (nil) or has
// been silent for idle (os.ErrDeadlineExceeded). An idle of 0 or less
// means no limit.
func Echo(conn net.Conn, idle time.Duration) error {
	buf := make([]byte, 4096)
	for {
		if err := renew(conn, idle); err != nil {
			return err
		}
		n, err := conn.Read(buf)
		if n > 0 {
			// The time it took to hear is not the listener's fault.
			if err := renew(conn, idle); err != nil {
				return err
			}
			if _, err := conn.Write(buf[:n]); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("hear: %w", err)
		}
	}
}

// renew moves the deadline: it is a point in time, and stays where it was
// put until somebody moves it.
func renew(conn net.Conn, idle time.Duration) error {
	if idle <= 0 {
		return nil
	}
	return conn.SetDeadline(time.Now().Add(idle))
}
