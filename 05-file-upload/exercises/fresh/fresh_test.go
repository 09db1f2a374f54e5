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
	open := grade.Open(filepath.Dir(path))
	c.Usually("the file has to be closed, here and where the Write fails: defer f.Close()").
		True(t, open == "", "no file open any more", open)

	c = grade.Case{Did: `Create(path, "other"), where the file is now`, Means: "os.Create empties what is there: os.OpenFile with os.O_CREATE|os.O_EXCL|os.O_WRONLY does not"}
	err = c.Do(t, func() error { return fresh.Create(path, []byte("other")) })
	c.ErrorIs(t, err, fs.ErrExist)
	got, _ = os.ReadFile(path)
	c.Bytes(t, "the file", "new", string(got))

	c = grade.Case{Did: "Create in a folder that does not exist", Means: "any error of os.OpenFile is returned"}
	err = c.Do(t, func() error { return fresh.Create(filepath.Join(t.TempDir(), "none", "film"), nil) })
	c.ErrorIs(t, err, fs.ErrNotExist)
}

func TestCreateFollowsNoLink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("elsewhere", link); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	c := grade.Case{Did: "Create where a symbolic link is that leads nowhere", Means: "looking first is not enough, and os.Stat looks where the link leads: os.O_EXCL looks and makes in one step"}
	c.ErrorIs(t, c.Do(t, func() error { return fresh.Create(link, nil) }), fs.ErrExist)
}
