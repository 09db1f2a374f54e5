package upload

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

// waiting is the folder inside the folder where files stay until they
// are whole. It lies on the same file system, so that Link can publish
// them.
const waiting = ".incoming"

// Why a Folder does not take a file.
var (
	ErrExists   = errors.New("a file of this name is there already")
	ErrBusy     = errors.New("a file of this name is being received from somebody else")
	ErrFull     = errors.New("the disk is full")
	ErrReadOnly = errors.New("the server may not write into its folder")
)

// A Folder is where uploads land: each whole or not at all, and none in
// the place of another. One Folder at a time uses a directory.
type Folder struct {
	// NoSync publishes without waiting for the disk. Faster; but a power
	// cut soon after can leave an empty file under the right name.
	NoSync bool
	// Unfinished files wait to be resumed: the youngest KeepFiles of them
	// for KeepFor, and no more than KeepBytes. The rest are removed.
	KeepFiles int
	KeepBytes int64
	KeepFor   time.Duration

	root *os.Root
	lock io.Closer
	sync func(*os.File) error
	mu   sync.Mutex
	busy map[string]chan struct{} // what is being written; see claim
}

// OpenFolder makes dir if need be, and takes it for this program alone.
// A symbolic link in it that leads outside is an error to follow.
func OpenFolder(dir string) (*Folder, error) {
	err := os.MkdirAll(dir, 0o777)
	var root *os.Root
	if err == nil {
		root, err = os.OpenRoot(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w; choose another -dir", Show(dir), plain(err))
	}
	f := &Folder{
		KeepFiles: 16, KeepBytes: 8 << 30, KeepFor: 24 * time.Hour,
		root: root, sync: (*os.File).Sync, busy: map[string]chan struct{}{},
	}
	if err := f.prepare(); err != nil {
		f.Close()
		return nil, fmt.Errorf("folder %s: %w", Show(dir), plain(err))
	}
	f.trim() // and sweep when it is known how much to keep
	return f, nil
}

func (f *Folder) prepare() (err error) {
	if err := f.writable(); err != nil {
		return err
	}
	if err := f.root.Mkdir(waiting, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Not a link: its target could be the folder itself.
	if is, err := f.root.Lstat(waiting); err != nil || !is.IsDir() {
		return fmt.Errorf("%s in it is not a folder; remove it", waiting)
	}
	if f.lock, err = lock(f.root); err != nil {
		return err
	}
	// Can it publish? Better to know now than after eight gigabytes.
	in := &Incoming{folder: f, temp: temporary()}
	if err := in.create(); err != nil {
		return err
	}
	defer in.Abandon()
	probe := "." + path.Base(in.temp) // out there, as Publish does
	if err := f.root.Link(in.temp, probe); err != nil {
		return fmt.Errorf("its file system has no hard links, which publish a file in one step: %w", plain(err))
	}
	return f.root.Remove(probe)
}

// Close lets go of the directory, as the end of the program does. What
// is unfinished stays, to be resumed.
func (f *Folder) Close() error {
	if f.lock != nil {
		f.lock.Close()
	}
	return f.root.Close()
}
