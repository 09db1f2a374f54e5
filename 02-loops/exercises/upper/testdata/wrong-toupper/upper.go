// The mistake: bytes.ToUpper knows other alphabets, and spoils a character that is cut by a Read.
//
// rejected by: TestConverseTouchesOnlyASCII: "mend what they think is broken UTF-8"
package upper

import (
	"bytes"
	"io"
)

func Converse(conn io.ReadWriter) error {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			if _, err := conn.Write(bytes.ToUpper(buf[:n])); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
