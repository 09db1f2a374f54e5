// Package huntframe is a hunt: you write the test. Which decoders believe too much?
package huntframe

import (
	"io"
	"testing"
)

// Check fails t if read does not keep its contract, and passes if it does.
// Read takes one frame from r: a length of 4 bytes, big-endian, then as many
// bytes, which it returns. However they are cut, it takes that frame and not a
// byte more. A length above max is an error, and nothing behind it is read.
// The end before a frame is io.EOF, inside one it is io.ErrUnexpectedEOF.
func Check(t *testing.T, read func(r io.Reader, max uint32) ([]byte, error)) {
	panic("not begun")
}
