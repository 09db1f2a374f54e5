// Package two is a step: pick up again and again.
package two

import "net"

// Greet accepts one caller after the other on ln, writes "hello baby~" to
// each and hangs it up before it accepts the next. It goes on until Accept
// fails, and returns that error; but a listener that was closed (net.ErrClosed)
// is the good end: nil.
// A caller that cannot be written to is no reason to stop.
func Greet(ln net.Listener) error {
	panic("not begun")
}
