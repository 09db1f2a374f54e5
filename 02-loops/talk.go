// Package loops is lesson 2: the connection loop answers one caller after
// another, the communication loop listens and answers until the caller
// hangs up. It mirrors section 6 of the source.
package loops

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Converse is the communication loop: it says everything back in upper
// case until the caller hangs up, which is nil. A caller who says nothing,
// or does not take an answer, for as long as idle is
// os.ErrDeadlineExceeded. It leaves conn open. (Source, 6.1.)
func Converse(conn net.Conn, idle time.Duration) error {
	buf := make([]byte, 4096)
	for {
		// A deadline is a moment, not a span: set once, it would end a
		// lively call too. Renewed, it ends one that stands still.
		conn.SetReadDeadline(time.Now().Add(idle))
		n, err := conn.Read(buf)
		// First the bytes, then the error: Read may bring both at once.
		if n > 0 {
			Upper(buf[:n])
			// One deadline for all of the answer: whoever takes it too
			// slowly is cut off, even if he takes some.
			conn.SetWriteDeadline(time.Now().Add(idle))
			if _, err := conn.Write(buf[:n]); err != nil {
				return fmt.Errorf("speak: %w", err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("listen: %w", err)
		}
	}
}

// Upper turns the ASCII letters a to z in p into capitals and leaves every
// other byte alone, as Python's bytes.upper does. In UTF-8 the bytes of
// Chinese text are all above 127, so a character cut in two by a Read
// comes to no harm; bytes.ToUpper would replace both halves.
func Upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - ('a' - 'A')
		}
	}
}
