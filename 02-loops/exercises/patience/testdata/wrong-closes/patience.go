// The mistake: a timer closes the connection: the error says closed, not silent.
//
// rejected by: TestConverseTiresOfSilence: "the error of the deadline was dropped"
package patience

import (
	"io"
	"net"
	"time"
)

func Converse(conn net.Conn, idle time.Duration) error {
	buf := make([]byte, 4096)
	for {
		var timer *time.Timer
		if idle > 0 {
			timer = time.AfterFunc(idle, func() { conn.Close() })
		}
		n, err := conn.Read(buf)
		if n > 0 {
			if timer != nil {
				timer.Reset(idle)
			}
			if _, err := conn.Write(buf[:n]); err != nil {
				return err
			}
		}
		if timer != nil {
			timer.Stop()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
