// The mistake: a bufio.Reader reads: after a hundred Reads of nothing it gives up.
//
// rejected by: TestConverseNothingIsNotTheEnd: "gives up after a hundred Reads of nothing"
package upper

import (
	"bufio"
	"fmt"
	"io"
)

func Converse(conn io.ReadWriter) error {
	buf, in := make([]byte, 4096), bufio.NewReader(conn)
	for {
		n, err := readSome(in, buf)
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

func readSome(in *bufio.Reader, buf []byte) (int, error) {
	if _, err := in.Peek(1); err != nil {
		return 0, err
	}
	return in.Read(buf[:min(len(buf), in.Buffered())])
}

func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - 'a' + 'A'
		}
	}
}
