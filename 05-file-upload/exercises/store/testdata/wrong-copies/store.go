// The mistake: The whole temporary file is copied into one of the right name, which is there half meanwhile.
//
// rejected by: TestStorePublishesInOneStep: "sees half of it"
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
	file, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
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
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	final, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer final.Close()
	if _, err := io.Copy(final, file); err != nil {
		root.Remove(name)
		return err
	}
	return final.Sync()
}
