// The mistake: a Write that ran out of time is taken for done if a part of the answer was taken.
//
// rejected by: TestConverseTiresOfDeafCallers: "even if a part was taken"
package patience

import (
	"fmt"
	"io"
	"net"
	"time"
)

func Converse(conn net.Conn, idle time.Duration) error {
	buf := make([]byte, 4096)
	for {
		if err := renew(conn, idle); err != nil {
			return err
		}
		n, err := conn.Read(buf)
		if n > 0 {
			if err := renew(conn, idle); err != nil {
				return err
			}
			if n, err := conn.Write(buf[:n]); err != nil && n == 0 {
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
