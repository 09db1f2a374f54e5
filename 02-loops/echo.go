// Package loops is lesson 2: the connection loop accepts one client after
// another, the communication loop reads and answers until the client ends
// its half. It mirrors section 6 of the source.
package loops

import (
	"errors"
	"io"
	"net"
	"time"
)

// Echo is the communication loop: it sends everything back in upper case
// until the client ends its half, which is nil. A client that sends
// nothing, or does not take an answer, for as long as idleTimeout, which
// must be above 0, is os.ErrDeadlineExceeded. It leaves conn open, and its
// last deadlines set. (Source, 6.1.)
func Echo(conn net.Conn, idleTimeout time.Duration) error {
	buf := make([]byte, 1024) // as the source: each client costs one
	for {
		// A deadline is a moment, not a span: set once, it would end a
		// lively connection too. Renewed, it ends one that stands still.
		conn.SetReadDeadline(time.Now().Add(idleTimeout))
		n, err := conn.Read(buf)
		// First the bytes, then the error: Read may bring both at once.
		if n > 0 {
			Upper(buf[:n])
			// One deadline for all of the answer: a client that takes it
			// too slowly is cut off, even if it takes some.
			conn.SetWriteDeadline(time.Now().Add(idleTimeout))
			if _, err := conn.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
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
