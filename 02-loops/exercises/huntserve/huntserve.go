// Package huntserve is a hunt: you write the test. Which servers lose callers?
package huntserve

import (
	"net"
	"testing"
)

// Check fails t if serve does not keep its contract, and passes if it does.
// Serve accepts connections on ln until Accept fails, and gives each of them
// to handle, once, in a goroutine of its own: no caller waits for another.
// When handle returns, its connection is closed. When Accept fails, serve
// waits for every handle, and then returns the error of Accept.
func Check(t *testing.T, serve func(ln net.Listener, handle func(conn net.Conn)) error) {
	panic("not begun")
}
