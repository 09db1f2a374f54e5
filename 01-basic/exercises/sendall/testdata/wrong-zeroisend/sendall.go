// The mistake: a count of 0 is taken for the end of the work.
//
// rejected by: TestSendAllGivesUp: "no error (nil)"
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
			return nil
		}
		p = p[n:]
	}
	return nil
}
