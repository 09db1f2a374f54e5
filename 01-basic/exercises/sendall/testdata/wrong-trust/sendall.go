// The mistake: the count is used without a look, and the slice panics.
//
// rejected by: TestSendAllDistrustsTheCount: "slice bounds out of range"
package sendall

import (
	"fmt"
	"io"
)

func SendAll(w io.Writer, p []byte) error {
	for len(p) > 0 {
		n, err := w.Write(p)
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if n == 0 {
			return io.ErrNoProgress
		}
		p = p[n:]
	}
	return nil
}
