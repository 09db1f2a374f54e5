// Package accept is a step: pick up once.
package accept

import "net"

// Greet accepts one connection on ln, writes "hello baby~" to it, hangs it up,
// and returns who called: its RemoteAddr as a string. ln stays open for the
// next caller. The first error is returned.
func Greet(ln net.Listener) (string, error) {
	panic("not begun")
}
