// Package answer is an exercise: the server's half of one call.
package answer

import "net"

// Answer takes one call from ln, hears the caller to the end, says reply,
// hangs up, and returns everything that the caller has said.
//
//   - One call: it accepts once, and leaves ln open for the next. It works
//     with any net.Listener and net.Conn, not only with TCP's.
//   - To the end: what the caller says may come in any number of pieces,
//     and a Read may bring 0 bytes and no error. Only the caller's end of
//     file (io.EOF) is the end of it, and no error. Not a byte of the reply
//     is said before that.
//   - It says reply, after an empty word too, and nothing else: no newline.
//     Not a byte of the word or of the reply is changed.
//   - It closes the connection before it returns, whatever happened.
//   - If it cannot accept, or the line breaks while it hears or speaks,
//     whatever the error, it tries nothing again: it returns what it has
//     heard so far and an error in which errors.Is finds the cause. When
//     the line breaks while it hears, it says nothing.
func Answer(ln net.Listener, reply string) (string, error) {
	panic("not begun")
}
