package body

import "io"

// Body copies exactly n bytes.
func Body(w io.Writer, r io.Reader, n int64) error {
	_, err := io.CopyN(w, r, n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
