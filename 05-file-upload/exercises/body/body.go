// Package body is a step: as many bytes as were announced.
package body

import "io"

// Body copies exactly n bytes from r to w: what follows them is the next
// header, and stays in r. If r ends before that, the error is
// io.ErrUnexpectedEOF, even if nothing has come. The first error is returned.
func Body(w io.Writer, r io.Reader, n int64) error {
	panic("not begun")
}
