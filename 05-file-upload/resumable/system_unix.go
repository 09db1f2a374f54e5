//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package resumable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

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
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another server is using it; choose another -dir")
		}
		return nil, err
	}
	return dir, nil
}

// writable is ErrReadOnly if no name may be made in the folder now. It
// only asks: a name that is made and removed would be seen.
func (f *Folder) writable() error {
	dir, err := f.Root.Open(".")
	if err != nil {
		return nil // then that is the trouble, and not this
	}
	defer dir.Close()
	err = unix.Faccessat(int(dir.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		return ErrReadOnly
	}
	return nil
}

// published says whether an unfinished file, name, has a second name:
// then it is finished, and a kill came between Link and Remove. Never
// write into it: the bytes are those of the published file too, even
// where somebody has moved that meanwhile.
func published(_ *os.Root, _ string, info fs.FileInfo) bool {
	is, ok := info.Sys().(*syscall.Stat_t)
	return ok && is.Nlink > 1
}
