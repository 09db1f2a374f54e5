// The mistake: the buffer is the package's: two conversations write into it.
//
// rejected by: TestConverseTwoAtOnce: "both conversations use one buffer"
package upper

import (
	"fmt"
	"io"
)

var buf = make([]byte, 4096)

func Converse(conn io.ReadWriter) error {
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			upper(buf[:n])
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

func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - 'a' + 'A'
		}
	}
}
