// The mistake: a new bufio.Reader for each turn: what the last one had read ahead is lost.
//
// rejected by: TestConverseAnswersInUpperCase: "something was lost at the end"
package upper

import (
	"bufio"
	"io"
)

func Converse(conn io.ReadWriter) error {
	for {
		c, err := bufio.NewReader(conn).ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if 'a' <= c && c <= 'z' {
			c -= 32
		}
		if _, err := conn.Write([]byte{c}); err != nil {
			return err
		}
	}
}
