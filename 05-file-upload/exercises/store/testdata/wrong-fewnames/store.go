// The mistake: There are a thousand temporary names; of a hundred and fifty uploads two get the same.
//
// rejected by: TestStoreOfManyAtOnce: "the same temporary name"
package store

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

func Store(root *os.Root, name string, r io.Reader, size int64) error {
	if size < 0 {
		return fmt.Errorf("size %d", size)
	}
	temp := fmt.Sprintf(".incoming-%d", rand.IntN(1000))
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
	// Rename would replace what has the name; Link fails.
	return root.Link(temp, name)
}
