// Package lines is an exercise: a message is a line, and a line has a limit.
package lines

import (
	"bufio"
	"errors"
)

// ErrTooLong is for a line of more than max bytes.
var ErrTooLong = errors.New("line too long")

// ReadLine reads the next line from r and returns it without its newline
// ("\n"). Nothing else is taken off, and nothing is changed: spaces, "\r"
// and bytes that are no text belong to the line.
//
//   - A line has at most max bytes (bytes, not characters), not counting
//     the newline; more is ErrTooLong. A sender who never sends a newline
//     gets the same answer: ReadLine takes no more from r than max bytes
//     and a buffer of r.
//   - max may be more than the buffer of r holds, or less.
//   - Where r ends between two lines, the error is io.EOF. Where it ends
//     inside a line, it is io.ErrUnexpectedEOF (as errors.Is finds it; and
//     not io.EOF), and the piece is not returned: it is no line.
//   - Any other error of r is returned so that errors.Is finds it.
//   - The next call gives the next line: nothing that follows is lost. Only
//     after ErrTooLong nothing is promised about what r gives next.
func ReadLine(r *bufio.Reader, max int) (string, error) {
	panic("not begun")
}
