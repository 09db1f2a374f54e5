// The mistake: io.EOF from Write is taken for the end of the work, as if it came from Read.
//
// rejected by: TestSendAllReportsAnError: "one kind of it taken for success"
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
		if err == io.EOF {
			return nil
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
