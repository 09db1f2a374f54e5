package resumable

import (
	"os"
	"syscall"
)

// reserve takes n bytes of disk from offset on, and leaves the file's
// size as it is: so that its size goes on telling how much has come.
func reserve(file *os.File, offset, n int64) error {
	if n == 0 {
		return nil
	}
	const keepSize = 1 // FALLOC_FL_KEEP_SIZE
	for {
		switch err := syscall.Fallocate(int(file.Fd()), keepSize, offset, n); err {
		case syscall.EINTR:
		case syscall.EOPNOTSUPP:
			return nil // then a full disk is met on the way
		default:
			return err
		}
	}
}
