// Package huntsendall is a hunt: you write the test. Which senders lose bytes?
package huntsendall

import (
	"io"
	"testing"
)

// Check fails t if sendAll does not keep its contract, and passes if it does.
// SendAll writes all of p to w, whose Write may take part of what it is given
// and report no error: then the next Write begins where it stopped. The first
// error of w ends it and is returned (errors.Is finds it). A Write that takes
// nothing and reports no error gives io.ErrNoProgress. P stays as it is, and
// an empty one is not written at all.
func Check(t *testing.T, sendAll func(w io.Writer, p []byte) error) {
	panic("not begun")
}
