// The mistake: a writer that takes nothing is asked for ever.
//
// rejected by: TestSendAllGivesUp: "still no end"
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
		p = p[n:]
	}
	return nil
}
