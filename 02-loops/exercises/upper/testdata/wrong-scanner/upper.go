// The mistake: a Scanner takes the lines' ends away, and the answer puts one back where there was none.
//
// rejected by: TestConverseAnswersInUpperCase: "a line's end that nobody said"
package upper

import (
	"bufio"
	"fmt"
	"io"
)

func Converse(conn io.ReadWriter) error {
	in := bufio.NewScanner(conn)
	for in.Scan() {
		line := in.Bytes()
		upper(line)
		if _, err := fmt.Fprintf(conn, "%s\n", line); err != nil {
			return err
		}
	}
	return in.Err()
}

func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - 'a' + 'A'
		}
	}
}
