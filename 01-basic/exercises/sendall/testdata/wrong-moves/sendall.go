// The mistake: the rest is moved to the front of the caller's own bytes.
//
// rejected by: TestSendAllLeavesTheBytes: "do not move its bytes"
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
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if n < 0 || n > len(p) {
			return errCount
		}
		if n == 0 {
			return io.ErrNoProgress
		}
		p = p[:copy(p, p[n:])]
	}
	return nil
}
