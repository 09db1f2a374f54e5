package upload

import (
	"errors"
	"io/fs"
	"os"
)

// What becomes of an upload when somebody removes folders under us.
var (
	ErrGone    = errors.New("the server's folder is gone; restart the server")
	ErrRemoved = errors.New("what had come of it was removed at the server; send it again")
)

// restore makes the waiting room anew, if that alone is gone.
func (f *Folder) restore() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch err := f.root.Mkdir(waiting, 0o700); {
	case errors.Is(err, fs.ErrExist) && f.locked():
		return nil // another upload was faster
	case err != nil && !errors.Is(err, fs.ErrExist):
		return ErrGone
	}
	// The old lock went with the old room, or will when we let go of it.
	fresh, err := lock(f.root)
	if err != nil {
		return err
	}
	f.lock.Close()
	f.lock = fresh
	return nil
}

// locked says whether the waiting room is the one that we have locked.
func (f *Folder) locked() bool {
	dir, ok := f.lock.(*os.File)
	if !ok {
		return false
	}
	ours, err := dir.Stat()
	if err != nil {
		return false
	}
	there, err := f.root.Lstat(waiting)
	return err == nil && os.SameFile(ours, there)
}
