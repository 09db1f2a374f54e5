package resumable

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"time"

	upload "example.com/dialtone/05-file-upload"
)

// Publish gives the file its name, or says why not.
func (in *Incoming) Publish() error {
	return in.published(in.Incoming.Publish(in.offer.Name, in.offer.Size))
}

// PublishBeside is Publish of protocol 1: nobody can be told that the
// name is taken, so the file gets a number.
func (in *Incoming) PublishBeside() (name string, err error) {
	name, err = in.Incoming.PublishBeside(in.offer.Name, in.offer.Size)
	return name, in.published(err)
}

func (in *Incoming) published(err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		in.Discard()
		return ErrExists
	case errors.Is(err, fs.ErrNotExist):
		err = cmp.Or(in.folder.restore(), ErrRemoved)
	}
	in.Suspend()
	return upload.Plain(err)
}

// Suspend ends an upload that did not succeed; afterwards, or after
// Publish, it does nothing. What has come so far is kept to be resumed,
// where that can be, and what was reserved beyond it is given back.
func (in *Incoming) Suspend() {
	if in.Incoming != nil && in.File != nil && in.offer.resumable() {
		if is, err := in.File.Stat(); err == nil && is.Size() > 0 {
			in.File.Truncate(is.Size())
			in.File.Close()
			in.File = nil
			in.release()
			in.folder.sweep(in.folder.KeepBytes)
			return
		}
	}
	in.Discard()
}

// Discard is Suspend that keeps nothing: what has come is not to be
// trusted.
func (in *Incoming) Discard() {
	if in.Incoming != nil {
		in.Incoming.Discard()
	}
	in.release()
}

// claim reserves key for this file. Where another one has it, it waits
// a little: a client that comes back may be faster than the news of its
// death.
func (in *Incoming) claim(key string) bool {
	if slices.Contains(in.claims, key) {
		return true
	}
	f := in.folder
	late := time.After(f.claimTimeout)
	for {
		f.mu.Lock()
		taken, is := f.busy[key]
		if !is {
			f.busy[key] = make(chan struct{})
			in.claims = append(in.claims, key)
		}
		f.mu.Unlock()
		if !is {
			return true
		}
		select {
		case <-taken:
		case <-late:
			return false
		}
	}
}

func (in *Incoming) release() {
	f := in.folder
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range in.claims {
		close(f.busy[key])
		delete(f.busy, key)
	}
	in.claims = nil
}
