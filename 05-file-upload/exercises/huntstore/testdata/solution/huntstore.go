package huntstore

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Check fails t if store does not keep its contract.
func Check(t *testing.T, store func(dir, name string, size int64, r io.Reader) error) {
	dir := t.TempDir()
	path := filepath.Join(dir, "film")
	look := func(want string) {
		t.Helper()
		got, _ := os.ReadFile(path)
		all, _ := os.ReadDir(dir)
		if string(got) != want || want == "" && len(all) > 0 || len(all) > 1 {
			t.Errorf("the file is %q, want %q; in the folder: %v", got, want, all)
		}
	}
	if err := store(dir, "film", 4, strings.NewReader("fil")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("3 bytes of 4: %v", err)
	}
	look("")
	r := strings.NewReader("filmheader")
	if err := store(dir, "film", 4, io.MultiReader(spy(func() {
		if _, err := os.Stat(path); err == nil {
			t.Error("it is to be seen before it is whole")
		}
	}), r)); err != nil {
		t.Error(err)
	}
	look("film")
	if r.Len() != len("header") {
		t.Errorf("%d bytes are left behind the file", r.Len())
	}
	if err := store(dir, "film", 3, strings.NewReader("new")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the name is taken: %v", err)
	}
	look("film")
}

// spy is called at a Read, and brings nothing.
type spy func()

func (s spy) Read([]byte) (int, error) {
	s()
	return 0, io.EOF
}
