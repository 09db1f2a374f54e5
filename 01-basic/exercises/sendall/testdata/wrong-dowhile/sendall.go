// The mistake: the first Write comes before the question whether there is anything to write.
//
// rejected by: TestSendAllOfNothing: "Write was called"
package sendall

import (
	"errors"
	"fmt"
	"io"
)

var errCount = errors.New("writer returned an impossible count")

func SendAll(w io.Writer, p []byte) error {
	for {
		n, err := w.Write(p)
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if n < 0 || n > len(p) {
			return errCount
		}
		if n == len(p) {
			return nil
		}
		if n == 0 {
			return io.ErrNoProgress
		}
		p = p[n:]
	}
}
