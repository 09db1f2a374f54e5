// Package upper is an exercise: the communication loop.
package upper

import "io"

// Echo hears what the caller on conn says and says it back in upper
// case, again and again, until the caller hangs up.
//
//   - Upper case means the ASCII letters a to z, and nothing else: every
//     other byte comes back as it was (as with Python's bytes.upper). A
//     Chinese character is three bytes, and may arrive in two pieces.
//   - What has been heard is answered before more is waited for: the
//     caller may wait for the answer. There are no lines and no messages;
//     the bytes come in any pieces, and only all of them, in order, count.
//   - A Read may bring bytes together with an error; those are answered
//     too. A Read may bring nothing and no error; that means nothing,
//     however often it comes.
//   - The caller's end of file (io.EOF) ends the conversation: nil.
//     Any other error of Read, and any error of Write, ends it too, and
//     comes back so that errors.Is finds it.
//   - However long the conversation, it does not collect it in memory.
//     Many may go on at once, and none disturbs another.
func Echo(conn io.ReadWriter) error {
	panic("not begun")
}
