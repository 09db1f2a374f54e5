// Package sendall is an exercise: to send all, though a Write may take a part.
package sendall

import "io"

// SendAll writes all of p to w, in order, each byte once.
//
// Go's own Write takes everything or returns an error. This w is like the
// system call send instead: a Write may take only the first n bytes, for
// n from 0 to len(p), and return n with no error. The rest is yours to
// write again.
//
//   - nil is returned only when w has taken all of p. With an empty p
//     there is nothing to write, and Write is not called.
//   - When Write returns an error, whichever it is, SendAll writes no more
//     and returns an error in which errors.Is finds it, even if that Write
//     took bytes.
//   - A w that takes nothing (0 bytes, no error) must not hold SendAll for
//     ever: it gives up with io.ErrNoProgress. Whether at the first such
//     Write or after some is up to you.
//   - A count that cannot be true, negative or more than this Write was
//     given, is an error too (any you like, where Write gave none), not a
//     panic.
//   - p is not changed.
func SendAll(w io.Writer, p []byte) error {
	panic("not begun")
}
