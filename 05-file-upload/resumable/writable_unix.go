//go:build unix

package resumable

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

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
