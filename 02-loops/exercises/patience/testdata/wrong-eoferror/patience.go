// The mistake: at the end of what was heard the error of the Write is forgotten.
//
// rejected by: TestConverseReportsThatItCannotAnswer: "the error of Write was dropped"
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
			if _, failed := conn.Write(buf[:n]); failed != nil && err != io.EOF {
				return fmt.Errorf("answer: %w", failed)
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
