// Package line is a step: a message that ends with its line.
package line

import "bufio"

// Line returns the next line of r, without its "\n". At the end of the stream
// it returns io.EOF. A last line without "\n" was cut off: it returns what
// there is of it and io.ErrUnexpectedEOF. Any other error comes as it is.
func Line(r *bufio.Reader) (string, error) {
	panic("not begun")
}
