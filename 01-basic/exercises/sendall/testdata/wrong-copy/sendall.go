// The mistake: io.Copy calls a short count an error (ErrShortWrite); it does not write the rest.
//
// rejected by: TestSendAllSendsAll: "short write"
package sendall

import (
	"bytes"
	"io"
)

func SendAll(w io.Writer, p []byte) error {
	_, err := io.Copy(w, bytes.NewReader(p))
	return err
}
