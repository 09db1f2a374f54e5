// Package sendall sends all, though a Write may take only a part.
package sendall

import (
	"errors"
	"fmt"
	"io"
)

var errCount = errors.New("writer returned an impossible count")

// SendAll writes all of p to w, which may take only part of what it is
// given and report no error. A Write that takes nothing and reports no
// error gives io.ErrNoProgress: asking again could go on for ever.
func SendAll(w io.Writer, p []byte) error {
	for len(p) > 0 {
		n, err := w.Write(p)
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if n < 0 || n > len(p) {
			return errCount
		}
		if n == 0 {
			return io.ErrNoProgress
		}
		p = p[n:]
	}
	return nil
}
