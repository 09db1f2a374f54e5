// The mistake: with the end in sight the error of the last Write is forgotten.
//
// rejected by: TestConverseReportsThatItCannotAnswer: "nobody is told"
package upper

import (
	"fmt"
	"io"
)

func Converse(conn io.ReadWriter) error {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		upper(buf[:n])
		_, failed := conn.Write(buf[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("hear: %w", err)
		}
		if failed != nil {
			return fmt.Errorf("answer: %w", failed)
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
