package resumable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"

	upload "example.com/dialtone/05-file-upload"
)

// Why a Folder does not take a file.
var (
	ErrExists   = errors.New("a file of this name is there already")
	ErrBusy     = errors.New("a file of this name is being received from another client, or over an earlier connection of yours; try again in a minute")
	ErrFull     = errors.New("the disk is full")
	ErrReadOnly = errors.New("the server may not write into its folder")
	ErrGone     = errors.New("the server's folder is gone; restart the server")
	ErrRemoved  = errors.New("what had come of it was removed at the server; send it again")
)

// A Folder is a Store that keeps unfinished files to be resumed. One
// Folder at a time uses a directory.
type Folder struct {
	*upload.Store
	// Unfinished files wait to be resumed: the youngest KeepFiles of them
	// for KeepFor, and no more than KeepBytes. The rest are removed, and
	// all of them when the disk is full and that makes room for a file.
	KeepFiles int
	KeepBytes int64
	KeepFor   time.Duration

	lock         io.Closer
	mu           sync.Mutex
	busy         map[string]chan struct{} // what is being written; see claim
	claimTimeout time.Duration
}

// OpenFolder makes dir if need be, and takes it for this program alone.
func OpenFolder(dir string) (*Folder, error) {
	store, err := upload.OpenStore(dir)
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w; choose another -dir", upload.Show(dir), upload.Plain(err))
	}
	f := &Folder{
		Store: store, KeepFiles: 100, KeepBytes: 64 << 30, KeepFor: 24 * time.Hour,
		busy: map[string]chan struct{}{}, claimTimeout: 2 * time.Second,
	}
	if err := f.prepare(); err != nil {
		f.Close()
		return nil, fmt.Errorf("folder %s: %w", upload.Show(dir), upload.Plain(err))
	}
	f.trim() // and sweep when it is known how much to keep
	return f, nil
}

func (f *Folder) prepare() (err error) {
	if err := f.writable(); err != nil {
		return err
	}
	if f.lock, err = lock(f.Root); err != nil {
		return err
	}
	// Can it publish? Better to know now than after eight gigabytes.
	in, err := f.Create()
	if err != nil {
		return err
	}
	defer in.Discard()
	probe := "." + path.Base(in.Temp) // out there, as Publish does
	if err := f.Root.Link(in.Temp, probe); err != nil {
		return fmt.Errorf("its file system has no hard links, which publish a file in one step: %w", upload.Plain(err))
	}
	return f.Root.Remove(probe)
}

// Close lets go of the directory, as the end of the program does. What
// is unfinished stays, to be resumed.
func (f *Folder) Close() error {
	if f.lock != nil {
		f.lock.Close()
	}
	return f.Root.Close()
}

// restore makes the waiting room anew, if that alone is gone.
func (f *Folder) restore() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch err := f.Root.Mkdir(upload.Waiting, 0o700); {
	case errors.Is(err, fs.ErrExist) && f.locked():
		return nil // another upload was faster
	case err != nil && !errors.Is(err, fs.ErrExist):
		return ErrGone
	}
	// The old lock went with the old room, or will when we let go of it.
	fresh, err := lock(f.Root)
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
	there, missing := f.Root.Lstat(upload.Waiting)
	return err == nil && missing == nil && os.SameFile(ours, there)
}
