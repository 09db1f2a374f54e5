// The mistake: the loop ends one byte early.
//
// rejected by: TestSendAllSendsAll: "the rest are missing"
package sendall

import (
	"errors"
	"fmt"
	"io"
)

var errCount = errors.New("writer returned an impossible count")

func SendAll(w io.Writer, p []byte) error {
	for len(p) > 1 {
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
