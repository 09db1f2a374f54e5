// Package ask is an exercise: the client's half of one call.
package ask

// Request calls addr over TCP (IPv4 or IPv6, as addr has it), says word, and
// returns everything that the other side says until it hangs up.
//
//   - It says word and nothing else: no newline, no zero byte, and not a
//     byte of it changed. An empty word is fine: nothing is said then.
//   - When it has said word it ends its half of the call (CloseWrite), so
//     that the other side reads an end of file. The other side may wait
//     for that before it answers. Request can still hear the answer.
//   - The answer may come in any number of pieces of any size, with a
//     second of silence between them; Request returns all of them in one
//     string, not a byte changed. Only the other side's end of file
//     (io.EOF) is the end of the answer, and no error.
//   - If it cannot call, or the line breaks, it returns what it has heard
//     so far and an error in which errors.Is finds the cause.
//   - It closes its connection before it returns, whatever happened.
func Request(addr, word string) (string, error) {
	panic("not begun")
}
