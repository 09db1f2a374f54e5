// Package huntlisten is a hunt: you write the test. Which listeners set nothing?
package huntlisten

import (
	"net"
	"testing"
)

// Check fails t if listen does not keep its contract, and passes if it does.
// Listen listens on addr over TCP. It calls set once with the descriptor of
// the socket, before bind. An error of set, or of listening, is returned
// (errors.Is finds it) and no listener with it.
func Check(t *testing.T, listen func(addr string, set func(fd uintptr) error) (net.Listener, error)) {
	panic("not begun")
}
