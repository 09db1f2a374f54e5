package upload

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
)

// Publish gives the file its name, in one step, or says why not.
// Nothing is ever replaced: Link fails where Rename would overwrite. In
// protocol 1, where nobody can be told, the name gets a number instead.
// It gives the name that the file has now.
func (in *Incoming) Publish() (name string, err error) {
	defer in.Abandon()
	is, err := in.File.Stat()
	if err != nil {
		return "", plain(err)
	}
	if is.Size() != in.header.Size {
		return "", fmt.Errorf("%d bytes on disk, want %d", is.Size(), in.header.Size)
	}
	if !in.folder.NoSync {
		// Before the name: else the name could outlive the bytes.
		if err := in.folder.sync(in.File); err != nil {
			// What failed to be written now counts as written: a second
			// Sync would succeed, and the digest see what memory holds.
			in.Discard()
			return "", plain(err)
		}
	}
	for n := 1; ; n++ {
		name = numbered(in.header.Name, n)
		err = in.folder.root.Link(in.temp, name)
		switch {
		case err == nil:
			if err = in.folder.syncDir(); err != nil {
				in.folder.root.Remove(name) // refused, and so not there
				name = ""
			}
			in.Discard()
			return name, plain(err)
		case errors.Is(err, fs.ErrNotExist):
			return "", first(in.folder.restore(), ErrRemoved)
		case !errors.Is(err, fs.ErrExist):
			return "", plain(err)
		case in.header.Protocol == 2:
			in.Discard()
			return "", ErrExists
		case n == 9999:
			return "", errors.New("9999 files of this name are there already")
		}
	}
}

// Abandon ends an upload that did not succeed; afterwards, or after
// Publish, it does nothing. What has come so far is kept to be resumed,
// where that can be, and what was reserved beyond it is given back.
func (in *Incoming) Abandon() {
	if in.File != nil && in.header.resumable() {
		if is, err := in.File.Stat(); err == nil && is.Size() > 0 {
			in.File.Truncate(is.Size())
			in.end(func() {})
			in.folder.sweep(in.folder.KeepBytes)
			return
		}
	}
	in.Discard()
}

// Discard is Abandon that keeps nothing: what has come is not to be
// trusted, or has its name by now.
func (in *Incoming) Discard() {
	in.end(func() { in.folder.root.Remove(in.temp) })
}

func (in *Incoming) end(last func()) {
	if in.File != nil {
		in.File.Close()
		in.File = nil
		last()
	}
	for _, key := range in.claims {
		in.folder.release(key)
	}
	in.claims = nil
}

// syncDir makes the new name itself survive a power cut. Windows has no
// such call; there NTFS's journal does it.
func (f *Folder) syncDir() error {
	if f.NoSync || runtime.GOOS == "windows" {
		return nil
	}
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return f.sync(dir)
}
