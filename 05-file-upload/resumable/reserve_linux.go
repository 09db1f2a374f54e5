package resumable

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// free is how many bytes the disk that file lies on has left for us, 0
// where nobody can tell.
func free(file *os.File) int64 {
	var is unix.Statfs_t
	unix.Fstatfs(int(file.Fd()), &is)
	return int64(is.Bavail) * int64(is.Bsize)
}

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
