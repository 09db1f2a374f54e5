// The mistake: the error of Write is dropped, and the loop goes on for one who has left.
//
// rejected by: TestConverseReportsThatItCannotAnswer: "nobody hears the answer"
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
			conn.Write(buf[:n])
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
