package upload

import (
	"crypto/rand"
	"fmt"
	"os"
	"path"
	"runtime"
)

// Waiting is the folder in a Store's where files stay until they are
// whole: on the same file system, so that Link can publish them.
const Waiting = ".incoming"

// A Store keeps files in one folder: each whole or not at all, and none
// in the place of another.
type Store struct {
	Root *os.Root // no name leads out of it
	// Sync waits until a file is on the disk itself. Nil is faster; but a
	// power cut soon after can leave an empty file under the right name.
	Sync func(*os.File) error
}

// OpenStore opens the folder dir, and makes it if need be.
func OpenStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	err = root.Mkdir(Waiting, 0o700)
	// Not a link: its target could be the folder itself.
	is, missing := root.Lstat(Waiting)
	if missing == nil && is.IsDir() {
		return &Store{root, (*os.File).Sync}, nil
	}
	root.Close()
	if missing == nil {
		err = fmt.Errorf("%s in it is not a folder; remove it", Waiting)
	}
	return nil, err
}

// An Incoming file is on its way, under a name that nobody looks at.
// Publish it or Discard it.
type Incoming struct {
	File   *os.File // nil when it is closed
	Temp   string   // its name until it is published
	store  *Store
	synced bool
}

// Create makes an empty one.
func (s *Store) Create() (*Incoming, error) {
	return s.Open(path.Join(Waiting, "once-"+rand.Text()), os.O_CREATE|os.O_EXCL)
}

var openFlags int // what a system wants besides, to open a large file

// Open opens the one of the name temp.
func (s *Store) Open(temp string, flag int) (*Incoming, error) {
	file, err := s.Root.OpenFile(temp, os.O_RDWR|openFlags|flag, 0o666)
	if err != nil {
		return nil, err
	}
	return &Incoming{File: file, Temp: temp, store: s}, nil
}

// Publish gives the file its name, in one step, if it has size bytes.
// Nothing is ever replaced: Link fails where Rename would overwrite,
// with fs.ErrExist, and then another name may be tried.
func (in *Incoming) Publish(name string, size int64) error {
	is, err := in.File.Stat()
	if err != nil {
		return err
	}
	if is.Size() != size {
		return fmt.Errorf("%d bytes on disk, want %d", is.Size(), size)
	}
	if in.store.Sync != nil && !in.synced {
		// Before the name: else the name could outlive the bytes.
		if err := in.store.Sync(in.File); err != nil {
			// What failed to be written now counts as written: a second
			// Sync would succeed, and a reader see what memory holds.
			in.Discard()
			return err
		}
		in.synced = true
	}
	if err := in.store.Root.Link(in.Temp, name); err != nil {
		return err
	}
	err = in.store.syncFolder()
	if err != nil {
		in.store.Root.Remove(name) // an error, and so not there
	}
	in.Discard()
	return err
}

// Discard closes the file and removes its temporary name. After Publish
// it does nothing.
func (in *Incoming) Discard() {
	if in.File != nil {
		in.File.Close()
		in.File = nil
		in.store.Root.Remove(in.Temp)
	}
}

// syncFolder makes the new name itself survive a power cut. Windows has
// no such call; there NTFS's journal does it.
func (s *Store) syncFolder() error {
	if s.Sync == nil || runtime.GOOS == "windows" {
		return nil
	}
	dir, err := s.Root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return s.Sync(dir)
}
