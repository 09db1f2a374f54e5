// The mistake: The file is created as the source does it: what was there is emptied at once.
//
// rejected by: TestStoreReplacesNothing: "os.O_TRUNC empties"
package store

import (
	"errors"
	"io"
	"os"
)

func Store(root *os.Root, name string, r io.Reader, size int64) error {
	if size < 0 {
		return errors.New("negative size")
	}
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.CopyN(file, r, size); errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	return file.Sync()
}
