// The mistake: io.ErrUnexpectedEOF is taken for the good end too.
//
// rejected by: TestConverseReportsABrokenLine: "only io.EOF is that"
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
			if _, err := conn.Write(buf[:n]); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
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
