// The mistake: EAGAIN, EINTR and a timeout are tried again; Go does that where it is due, before Write returns.
//
// rejected by: TestSendAllReportsAnError: "any error ends it"
package sendall

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

var errCount = errors.New("writer returned an impossible count")

func SendAll(w io.Writer, p []byte) error {
	for len(p) > 0 {
		n, err := w.Write(p)
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) || errors.Is(err, os.ErrDeadlineExceeded) {
			p = p[n:]
			continue
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
