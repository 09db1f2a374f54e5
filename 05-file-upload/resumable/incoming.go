package resumable

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	upload "example.com/dialtone/05-file-upload"
)

// An Incoming file is being received. It is published, discarded or
// suspended.
type Incoming struct {
	*upload.Incoming
	Offset int64 // how many bytes of it were there already
	offer  Offer
	folder *Folder
	claims []string
}

// Begin makes room for the file that o announces. In protocol 2, with a
// digest to prove that the halves fit, it goes on where an earlier try
// broke off; a file of that name, there or on its way, is refused.
func (f *Folder) Begin(o Offer) (*Incoming, error) {
	if err := upload.CheckName(o.Name); err != nil {
		return nil, err
	}
	// What would fail after the last byte had better fail now.
	if err := f.writable(); err != nil {
		return nil, err
	}
	in := &Incoming{offer: o, folder: f}
	if o.Protocol == 2 && !in.claim("name/"+o.Name) {
		return nil, ErrBusy
	}
	err := in.open()
	if errors.Is(err, fs.ErrNotExist) {
		if err = f.restore(); err == nil {
			err = in.open()
		}
	}
	if err == nil {
		err = in.reserve()
	}
	if err != nil {
		in.Suspend()
		return nil, upload.Plain(err)
	}
	return in, nil
}

func (in *Incoming) open() (err error) {
	f, o := in.folder, in.offer
	if o.Protocol == 2 {
		// A promise is cheap here; Link in Publish is what keeps it.
		if _, err := f.Root.Lstat(o.Name); err == nil {
			return ErrExists
		}
	}
	if !o.resumable() {
		f.mu.Lock() // or the sweep could find it before it is claimed
		defer f.mu.Unlock()
		if in.Incoming, err = f.Create(); err == nil {
			f.busy[in.Temp] = make(chan struct{})
			in.claims = append(in.claims, in.Temp)
		}
		return err
	}
	temp := path.Join(upload.Waiting, fmt.Sprintf("%x.part",
		sha256.Sum256(fmt.Appendf(nil, "%q %d %d", o.Name, o.Size, o.Modified))))
	in.claim(temp) // before the sweep, which spares what is claimed
	f.sweep(f.KeepBytes)
	was, err := f.Root.Lstat(temp)
	if err != nil || !was.Mode().IsRegular() || published(f.Root, temp, was) {
		// Planted by somebody; or ours, and killed before it was removed.
		f.Root.Remove(temp)
		in.Incoming, err = f.Open(temp, os.O_CREATE|os.O_EXCL)
		return err
	}
	if in.Incoming, err = f.Open(temp, 0); err != nil {
		return err
	}
	if is, err := in.File.Stat(); err != nil || !os.SameFile(was, is) {
		return errors.New("the unfinished file was exchanged while we opened it")
	}
	// The bytes came in order and the file grew with them, so its size is
	// where to go on, after kill -9 too. Should a power cut have lost some
	// of them all the same, the digest will tell.
	in.Offset, err = in.File.Seek(0, io.SeekEnd)
	if err == nil && in.Offset > o.Size {
		if err = in.File.Truncate(0); err == nil {
			in.Offset, err = in.File.Seek(0, io.SeekStart)
		}
	}
	return err
}

// reserve takes the space before the first byte comes: a full disk is
// known at once, and the file lies in one piece. Unfinished files of
// others give way, if that makes room enough.
func (in *Incoming) reserve() error {
	rest := in.offer.Size - in.Offset
	room := free(in.File) // asked first: what fails may leave some of it taken
	err := reserve(in.File, in.Offset, rest)
	if full(err) && room+in.folder.idle() >= rest {
		in.folder.sweep(0)
		err = reserve(in.File, in.Offset, rest)
	}
	if full(err) {
		return fmt.Errorf("%w: no room for %v", ErrFull, Size(rest))
	}
	return err
}

// full tells a full disk, and a used-up quota, from other troubles. (112
// is what Windows says.)
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.Errno(112))
}
