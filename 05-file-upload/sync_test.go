package upload

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// The disk fails when it is asked whether it has the bytes, or the name:
// the client hears so, nothing is to be seen, and nothing is kept either,
// for what came may be in memory alone.
func TestSyncFails(t *testing.T) {
	broken := errors.New("input/output error")
	for _, row := range []struct {
		what string
		fail int // the how manyth sync
	}{{"the file", 1}, {"its name", 2}} {
		if row.fail == 2 && runtime.GOOS == "windows" {
			continue // there the name is not synced
		}
		f, dir := openFolder(t)
		n := 0
		f.sync = func(file *os.File) error {
			if n++; n == row.fail {
				return &os.PathError{Op: "sync", Path: file.Name(), Err: broken}
			}
			return file.Sync()
		}
		name, err := begin(t, f, two("a", 3), "abc").Publish()
		require.ErrorIs(t, err, broken, row.what)
		require.Empty(t, name)
		require.Empty(t, tree(t, dir), row.what)

		in, err := f.Begin(two("a", 3))
		require.NoError(t, err)
		require.Zero(t, in.Offset, row.what)
		_, err = in.File.WriteString("abc")
		require.NoError(t, err)
		_, err = in.Publish()
		require.NoError(t, err)
		require.Equal(t, map[string]string{"a": "abc"}, tree(t, dir))
	}
}

// kill -9 of a server that has linked the name, and not yet removed the
// other one. The file is moved elsewhere, and the same is sent again.
func TestKillBetweenLinkAndRemove(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is killed when it syncs the folder, and Windows has no such call")
	}
	t.Parallel()
	data := noise(1, 5000)
	path, dir := file(t, "film", data), filepath.Join(t.TempDir(), "uploads")
	server := start(t, "server", "DIR="+dir, "KILL=at the name")
	_, err := send(t, NewClient(), server.line(t), path)
	require.Error(t, err, "it was killed before it could answer")
	server.kill()
	require.Len(t, tree(t, dir), 2, "the state that this test is about")
	moved := filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(filepath.Join(dir, "film"), moved))

	server = start(t, "server", "DIR="+dir)
	require.NoError(t, os.WriteFile(path, noise(2, 5000), 0o666))
	r, err := send(t, NewClient(), server.line(t), path)
	require.NoError(t, err)
	require.Zero(t, r.Offset)
	got, err := os.ReadFile(moved)
	require.NoError(t, err)
	require.Equal(t, data, got)
}
