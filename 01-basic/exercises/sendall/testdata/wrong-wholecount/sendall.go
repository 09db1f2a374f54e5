// The mistake: the count is compared with all of p, not with what this Write was given.
//
// rejected by: TestSendAllDistrustsTheCount: "how much this Write was given"
package sendall

import (
	"errors"
	"fmt"
	"io"
)

var errCount = errors.New("writer returned an impossible count")

func SendAll(w io.Writer, p []byte) error {
	for sent := 0; sent < len(p); {
		n, err := w.Write(p[sent:])
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if n < 0 || n > len(p) {
			return errCount
		}
		if n == 0 {
			return io.ErrNoProgress
		}
		sent += n
	}
	return nil
}
