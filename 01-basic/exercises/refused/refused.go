// Package refused is a step: ask an error what it is.
package refused

// Refused reports whether a call to addr is refused: net.Dial fails, and
// errors.Is finds syscall.ECONNREFUSED in its error. If somebody answers, hang
// up; that is not refused, and neither is any other error.
func Refused(addr string) bool {
	panic("not begun")
}
