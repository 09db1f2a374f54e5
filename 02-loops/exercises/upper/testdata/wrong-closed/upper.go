// The mistake: a connection closed on this side is taken for the caller's end.
//
// rejected by: TestConverseReportsABrokenLine: "only io.EOF is that"
package upper

import (
	"errors"
	"fmt"
	"io"
	"net"
)

func Converse(conn io.ReadWriter) error {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			upper(buf[:n])
			if _, err := conn.Write(buf[:n]); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
		}
		if err == io.EOF || errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("hear: %w", err)
		}
	}
}

func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - 'a' + 'A'
		}
	}
}
