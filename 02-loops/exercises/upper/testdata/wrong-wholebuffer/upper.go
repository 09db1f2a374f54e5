// The mistake: the whole buffer is answered, with what an earlier Read has left in it.
//
// rejected by: TestConverseAnyPieces: "the whole buffer instead of buf[:n]"
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
			if _, err := conn.Write(buf); err != nil {
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
func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - 'a' + 'A'
		}
	}
}
