// The mistake: it waits for a newline, which nobody has promised.
//
// rejected by: TestConverseTakesTurns: "held back: until a newline"
package upper

import (
	"bufio"
	"io"
)

func Converse(conn io.ReadWriter) error {
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadBytes('\n')
		for i, c := range line {
			if 'a' <= c && c <= 'z' {
				line[i] = c - 32
			}
		}
		if _, err := conn.Write(line); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
