package fresh_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"example.com/dialtone/05-file-upload/exercises/fresh"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { fresh.Create("", nil) })

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film")
	c := grade.Case{Did: `Create(path, "new"), where nothing is`, Means: "all of data has to be written"}
	err := c.Do(t, func() error { return fresh.Create(path, []byte("new")) })
	c.NoError(t, err)
	got, _ := os.ReadFile(path)
	c.Bytes(t, "the file", "new", string(got))

	c = grade.Case{Did: `Create(path, "other"), where the file is now`, Means: "os.Create empties what is there: os.OpenFile with os.O_CREATE|os.O_EXCL|os.O_WRONLY does not"}
	err = c.Do(t, func() error { return fresh.Create(path, []byte("other")) })
	c.ErrorIs(t, err, fs.ErrExist)
	got, _ = os.ReadFile(path)
	c.Bytes(t, "the file", "new", string(got))
}
