// The mistake: io.ErrShortWrite is taken for a mere short count, and the rest written again.
//
// rejected by: TestSendAllReportsAnError: "any error ends it"
package sendall

import (
	"errors"
	"fmt"
	"io"
)

var errCount = errors.New("writer returned an impossible count")

func SendAll(w io.Writer, p []byte) error {
	for len(p) > 0 {
		n, err := w.Write(p)
		if errors.Is(err, io.ErrShortWrite) {
			err = nil
		}
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
