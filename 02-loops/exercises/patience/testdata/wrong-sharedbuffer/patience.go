// The mistake: the buffer is the package's: two conversations write into it.
//
// rejected by: TestConverseTwoAtOnce: "both conversations use one buffer"
package patience

import (
	"fmt"
	"io"
	"net"
	"time"
)

var buf = make([]byte, 4096)

func Converse(conn net.Conn, idle time.Duration) error {
	for {
		if err := renew(conn, idle); err != nil {
			return err
		}
		n, err := conn.Read(buf)
		if n > 0 {
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

func renew(conn net.Conn, idle time.Duration) error {
	if idle <= 0 {
		return nil
	}
	return conn.SetDeadline(time.Now().Add(idle))
}
