package resumable

import (
	"cmp"
	"errors"
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
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	control := raw.Control(func(fd uintptr) {
		for {
			err = syscall.Fallocate(int(fd), keepSize, offset, n)
			if err != syscall.EINTR {
				return
			}
		}
	})
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return nil // then a full disk is met on the way
	}
	return cmp.Or(control, err)
}
