package upload

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// An Incoming file is being received. It is Published, or Abandoned.
type Incoming struct {
	File   *os.File // stands at Offset
	Offset int64    // how many bytes of it were there already
	header Header
	folder *Folder
	temp   string // its name until it is published
	claims []string
}

// Begin makes room for the file that h announces. In protocol 2, with a
// digest to prove that the halves fit, it goes on where an earlier try
// broke off; a file of that name, there or on its way, is refused.
func (f *Folder) Begin(h Header) (*Incoming, error) {
	if err := CheckName(h.Name); err != nil {
		return nil, err
	}
	// What would fail after the last byte had better fail now.
	if err := f.writable(); err != nil {
		return nil, err
	}
	in := &Incoming{header: h, folder: f, temp: temporary()}
	if h.resumable() {
		in.temp = path.Join(waiting, fmt.Sprintf("%x.part",
			sha256.Sum256(fmt.Appendf(nil, "%q %d %d", h.Name, h.Size, h.Modified))))
	}
	if h.Protocol == 2 && !in.claim("name/"+h.Name) {
		return nil, ErrBusy
	}
	err := in.open()
	if err == nil {
		err = in.reserve()
	}
	if err != nil {
		in.Abandon()
		return nil, plain(err)
	}
	return in, nil
}

// resumable says whether a half of the file is worth keeping.
func (h Header) resumable() bool {
	return h.Protocol == 2 && h.Digest != None
}

func (in *Incoming) claim(key string) bool {
	ok := in.folder.claim(key, 2*time.Second)
	if ok {
		in.claims = append(in.claims, key)
	}
	return ok
}

func (in *Incoming) open() error {
	root := in.folder.root
	if in.header.Protocol == 2 {
		// A promise is cheap here; Link in Publish is what keeps it.
		if _, err := root.Lstat(in.header.Name); err == nil {
			return ErrExists
		}
	}
	in.claim(in.temp) // before the sweep, which spares what is claimed
	in.folder.sweep(in.folder.KeepBytes)
	was, err := root.Lstat(in.temp)
	if err != nil || !was.Mode().IsRegular() || published(root, in.temp, was) {
		// Planted by somebody; or ours, and killed before it was removed.
		root.Remove(in.temp)
		return in.create()
	}
	if in.File, err = root.OpenFile(in.temp, os.O_RDWR, 0); err != nil {
		return err
	}
	if is, err := in.File.Stat(); err != nil || !os.SameFile(was, is) {
		return errors.New("the unfinished file was exchanged under our hands")
	}
	// The bytes came in order and the file grew with them, so its size is
	// where to go on, after kill -9 too. Should a power cut have lost some
	// of them all the same, the digest will tell.
	in.Offset, err = in.File.Seek(0, io.SeekEnd)
	if err == nil && in.Offset > in.header.Size {
		if err = in.File.Truncate(0); err == nil {
			in.Offset, err = in.File.Seek(0, io.SeekStart)
		}
	}
	return err
}

func (in *Incoming) create() (err error) {
	const flags = os.O_CREATE | os.O_EXCL | os.O_RDWR
	in.File, err = in.folder.root.OpenFile(in.temp, flags, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		if err = in.folder.restore(); err == nil {
			in.File, err = in.folder.root.OpenFile(in.temp, flags, 0o666)
		}
	}
	return err
}

func temporary() string { return path.Join(waiting, "once-"+rand.Text()) }
