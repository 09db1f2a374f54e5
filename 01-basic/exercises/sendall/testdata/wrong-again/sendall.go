// The mistake: the whole is written again until the counts add up.
//
// rejected by: TestSendAllSendsAll: "the next Write has to begin where the last one ended"
package sendall

import "io"

func SendAll(w io.Writer, p []byte) error {
	for sent := 0; sent < len(p); {
		n, err := w.Write(p)
		if err != nil {
			return err
		}
		if n <= 0 || n > len(p) {
			return io.ErrNoProgress
		}
		sent += n
	}
	return nil
}
