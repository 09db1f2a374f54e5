// The mistake: every error of Read is taken for the end.
//
// rejected by: TestConverseReportsABrokenLine: "this error of Read was taken for the end"
package upper

import (
	"fmt"
	"io"
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
		if err != nil {
			return nil
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
