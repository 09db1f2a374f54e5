package upload

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"example.com/dialtone/05-file-upload/internal/peer"
)

func create(t *testing.T, s *Store, data string) *Incoming {
	t.Helper()
	in, err := s.Create()
	require.NoError(t, err)
	_, err = in.File.WriteString(data)
	require.NoError(t, err)
	return in
}

// Whatever has the name stays: a file, a folder, a link that leads outside
// or nowhere, the waiting room itself. The new file gets a number.
func TestPublishReplacesNothing(t *testing.T) {
	s, dir := openStore(t)
	outside := peer.File(t, "outside", []byte("mine"))
	for range 3 {
		name, err := create(t, s, "new").PublishBeside("a.txt", 3)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o666))
	}
	want := map[string]string{"a.txt": "old", "a (2).txt": "old", "a (3).txt": "old", "c (2)": "new", Waiting + " (2)": "new"}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "c"), 0o777))
	taken := []string{"c", Waiting}
	if os.Symlink(outside, filepath.Join(dir, "link")) == nil && os.Symlink("not-there", filepath.Join(dir, "gone")) == nil {
		taken = append(taken, "link", "gone")
		want["link"], want["gone"], want["link (2)"], want["gone (2)"] = "L---------", "L---------", "new", "new"
	}
	for _, name := range taken {
		in := create(t, s, "new")
		require.ErrorIs(t, in.Publish(name, 3), fs.ErrExist)
		got, err := in.PublishBeside(name, 3)
		require.NoError(t, err)
		require.Equal(t, name+" (2)", got)
	}
	require.Empty(t, cmp.Diff(want, peer.Tree(t, dir)))
	require.Equal(t, map[string]string{"outside": "mine"}, peer.Tree(t, filepath.Dir(outside)))
}

func TestPublishWantsEveryByte(t *testing.T) {
	s, dir := openStore(t)
	for _, data := range []string{"", "1234", "123456"} {
		in := create(t, s, data)
		require.Error(t, in.Publish("a", 5), "%d bytes of 5", len(data))
		in.Discard()
		in.Discard() // does nothing
	}
	require.Empty(t, peer.Tree(t, dir))
}

// The disk fails when it is asked whether it has the bytes, or the name:
// nothing is to be seen, and nothing is kept either, for what came may be
// in memory alone.
func TestSyncFails(t *testing.T) {
	broken := errors.New("input/output error")
	for fail, what := range map[int]string{1: "the file", 2: "its name"} {
		if fail == 2 && runtime.GOOS == "windows" {
			continue // there the name is not synced
		}
		s, dir := openStore(t)
		n := 0
		s.Sync = func(file *os.File) error {
			if n++; n == fail {
				return &os.PathError{Op: "sync", Path: file.Name(), Err: broken}
			}
			return file.Sync()
		}
		require.ErrorIs(t, create(t, s, "abc").Publish("a", 3), broken, what)
		require.Empty(t, peer.Tree(t, dir), what)
		require.NoError(t, create(t, s, "abc").Publish("a", 3))
		require.Equal(t, map[string]string{"a": "abc"}, peer.Tree(t, dir))
	}
}

func TestStoreThatCannotBe(t *testing.T) {
	path := peer.File(t, "file", nil)
	for _, dir := range []string{path, filepath.Join(path, "below"), ""} {
		_, err := OpenStore(dir)
		require.Error(t, err, "%q", dir)
	}
	dir, other := t.TempDir(), t.TempDir()
	if err := os.Symlink(other, filepath.Join(dir, Waiting)); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	_, err := OpenStore(dir)
	require.ErrorContains(t, err, "not a folder")
	require.Empty(t, peer.Tree(t, other))
}
