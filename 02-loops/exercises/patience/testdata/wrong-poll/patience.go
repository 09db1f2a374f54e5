// The mistake: it polls once a second and counts: the count begins anew with every poll.
//
// rejected by: TestConverseTiresOfSilence: "still waiting"
package patience

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
)

func Converse(conn net.Conn, idle time.Duration) error {
	buf := make([]byte, 4096)
	for {
		begin := time.Now()
		if err := conn.SetDeadline(begin.Add(time.Second)); err != nil {
			return err
		}
		n, err := conn.Read(buf)
		if n > 0 {
			conn.SetDeadline(time.Time{})
			if _, err := conn.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && (idle <= 0 || time.Since(begin) < idle) {
			continue
		}
		if err != nil {
			return err
		}
	}
}
