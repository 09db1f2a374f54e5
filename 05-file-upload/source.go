package upload

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ErrChanged is a file that did not hold still while it was being sent.
var ErrChanged = errors.New("it changed while it was being sent; nothing was stored")

// A Source is a file to be sent, by one Send at a time: it has only one
// position. Close it after use.
type Source struct {
	File     *os.File
	Name     string // its own, without the folder
	Size     int64
	Modified time.Time
}

// OpenSource opens the file at path, or says why it cannot be sent: it
// is not there, may not be read, or is a folder, a pipe or a device.
// Links are followed: whoever sends chose the path.
func OpenSource(path string) (*Source, error) {
	is, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", Show(path), Plain(err))
	case is.IsDir():
		return nil, fmt.Errorf("%s is a folder; name the files in it", Show(path))
	case !is.Mode().IsRegular():
		// Before Open, which would wait for a pipe's other end.
		return nil, fmt.Errorf("%s is a pipe, a socket or a device; copy it into a file first", Show(path))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Show(path), Plain(err))
	}
	// What counts from here on is what was opened, not what is called so.
	if is, err = file.Stat(); err != nil || !is.Mode().IsRegular() {
		file.Close()
		return nil, fmt.Errorf("%s: %w", Show(path), ErrChanged)
	}
	if !honest(file, is.Size()) {
		file.Close()
		return nil, fmt.Errorf("%s has no size of its own; copy it into a file first", Show(path))
	}
	return &Source{file, filepath.Base(path), is.Size(), is.ModTime()}, nil
}

// honest says whether file has as many bytes as it admits:
// /proc/cpuinfo admits none and has some; most of /sys has fewer.
func honest(file *os.File, size int64) bool {
	var ends [2]byte // the last one, and what may be behind it
	n, err := file.ReadAt(ends[:], max(size-1, 0))
	if n == 0 && !errors.Is(err, io.EOF) {
		return true // who cannot read it will hear why when it is sent
	}
	return int64(n) == min(size, 1)
}

// Plain is err without the path that it speaks of, which is ours, and
// not for the other end to read.
func Plain(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}

// Close closes the file.
func (src *Source) Close() error { return src.File.Close() }

// Unchanged is nil if the file is still what its header said, as far as
// its size and its time tell.
func (src *Source) Unchanged() error {
	is, err := src.File.Stat()
	if err != nil {
		return Plain(err)
	}
	if is.Size() != src.Size {
		return fmt.Errorf("%w: it had %d bytes and has %d", ErrChanged, src.Size, is.Size())
	}
	if !is.ModTime().Equal(src.Modified) {
		return ErrChanged
	}
	return nil
}
