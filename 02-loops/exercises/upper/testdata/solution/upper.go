// Package upper is the communication loop.
package upper

import (
	"fmt"
	"io"
)

// Echo says back in upper case what it hears, until the caller hangs
// up. Only ASCII letters change, so that it does not matter where the
// stream was cut.
func Echo(conn io.ReadWriter) error {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		// First the bytes, then the error: they may come together.
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

// upper is bytes.ToUpper for ASCII alone. That one decodes UTF-8, and
// spoils a character of which it sees only a part.
func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - 'a' + 'A'
		}
	}
}
