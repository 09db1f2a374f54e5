// Package huntecho is a hunt: you write the test. Which loops change what was said?
package huntecho

import (
	"net"
	"testing"
)

// Check fails t if echo does not keep its contract, and passes if it does.
// Echo reads from conn until io.EOF, and writes every byte back as it came.
// The end is no error: it returns nil. Any other error of Read or Write is
// returned (errors.Is finds it). Conn is not closed: that is the caller's.
func Check(t *testing.T, echo func(conn net.Conn) error) {
	panic("not begun")
}
