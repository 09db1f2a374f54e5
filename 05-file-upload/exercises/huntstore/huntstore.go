// Package huntstore is a hunt: you write the test. Which stores show half a file?
package huntstore

import (
	"io"
	"testing"
)

// Check fails t if store does not keep its contract, and passes if it does.
// Store takes exactly size bytes from r, and then, in one step, the file name
// appears in dir with all of them. Until then nothing is to be seen under that
// name. If r ends early (io.ErrUnexpectedEOF), or the name is taken
// (fs.ErrExist), there is an error (errors.Is finds it), what was there stays,
// and nothing new is left in dir.
func Check(t *testing.T, store func(dir, name string, size int64, r io.Reader) error) {
	panic("not begun")
}
