// The mistake: The io.EOF of io.CopyN is returned as it is.
//
// rejected by: TestStoreDoesNotBelieveTheSize: "as if all had ended well"
package store

import (
	"crypto/rand"
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
	if _, err := io.CopyN(file, r, size); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	// Rename would replace what has the name; Link fails.
	return root.Link(temp, name)
}
