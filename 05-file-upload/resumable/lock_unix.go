//go:build unix && !solaris && !aix

package resumable

import (
	"errors"
	"io"
	"os"
	"syscall"

	upload "example.com/dialtone/05-file-upload"
)

// lock takes the folder for this program. The kernel lets go of it when
// the program ends, however it ends.
func lock(root *os.Root) (io.Closer, error) {
	dir, err := root.Open(upload.Waiting)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		dir.Close()
		return nil, errors.New("another server is using it; choose another -dir")
	}
	return dir, nil
}
