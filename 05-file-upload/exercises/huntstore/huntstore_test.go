package huntstore_test

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"example.com/dialtone/05-file-upload/exercises/huntstore"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntstore.Check(t, program(n)) },
		"", "publishes half a file", "writes under the name itself", "replaces what is there", "leaves its temporary file behind",
		"takes more from r than the file", "", "drops the error of an early end",
		"leaves its temporary file behind when r ends early", "says that the name is taken, and removes what has it", "calls an early end io.EOF")
}

func program(n int) func(dir, name string, size int64, r io.Reader) error {
	return func(dir, name string, size int64, r io.Reader) error {
		path := filepath.Join(dir, name)
		if n == 2 {
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
			if err != nil {
				return err
			}
			defer f.Close()
			if _, err = io.CopyN(f, r, size); err != nil {
				os.Remove(path)
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if _, err := os.Lstat(path); n == 6 && err == nil {
			return fs.ErrExist
		}
		f, err := os.CreateTemp(dir, ".part*")
		if err != nil {
			return err
		}
		if n == 5 {
			r = bufio.NewReader(r)
		}
		_, err = io.CopyN(f, r, size)
		if n != 4 && (n != 8 || err == nil) {
			defer os.Remove(f.Name())
		}
		if err == io.EOF && n != 10 {
			err = io.ErrUnexpectedEOF
		}
		if err := errors.Join(err, f.Close()); err != nil && n != 1 {
			if n == 7 {
				return nil
			}
			return err
		}
		if n == 3 {
			return os.Rename(f.Name(), path)
		}
		linked := os.Link(f.Name(), path)
		if n == 9 && linked != nil {
			os.Remove(path)
		}
		return errors.Join(linked, err)
	}
}
