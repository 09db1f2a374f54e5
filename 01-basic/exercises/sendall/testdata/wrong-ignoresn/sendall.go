// The mistake: one Write, and the count it returns is not looked at.
//
// rejected by: TestSendAllSendsAll: "right as far as they go"
package sendall

import "io"

func SendAll(w io.Writer, p []byte) error {
	_, err := w.Write(p)
	return err
}
