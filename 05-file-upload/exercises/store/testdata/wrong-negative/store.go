// The mistake: A negative size is not looked for: io.CopyN then copies nothing and is content.
//
// rejected by: TestStoreDoesNotBelieveTheSize: "a negative size is no size"
package store

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
)

func Store(root *os.Root, name string, r io.Reader, size int64) error {
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
	return root.Link(temp, name)
}
