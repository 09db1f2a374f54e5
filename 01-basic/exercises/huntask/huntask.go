// Package huntask is a hunt: you write the test. Which clients are broken?
package huntask

import "testing"

// Check fails t if ask does not keep its contract, and passes if it does. Ask
// is a client: it calls addr, sends word, half-closes (the server reads
// io.EOF after exactly word), returns all that the server sends until the
// server closes, and changes not a byte. An address where nobody listens gives an
// error.
func Check(t *testing.T, ask func(addr, word string) (string, error)) {
	panic("not begun")
}
