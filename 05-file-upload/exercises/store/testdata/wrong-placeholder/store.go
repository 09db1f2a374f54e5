// The mistake: An empty file keeps the place until Rename replaces it.
//
// rejected by: TestStorePublishesInOneStep: "only kept the place"
package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
)

func Store(root *os.Root, name string, r io.Reader, size int64) error {
	if size < 0 {
		return fmt.Errorf("size %d", size)
	}
	temp := ".incoming-" + rand.Text()
	file, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer root.Remove(temp)
	defer file.Close()
	if _, err := io.CopyN(file, r, size); errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	place, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	place.Close()
	return root.Rename(temp, name)
}
