package resumable

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/05-file-upload/internal/peer"
)

// The disk fails at the sync: what came may be in memory alone, so the next
// try starts anew.
func TestSyncFails(t *testing.T) {
	f, dir := openFolder(t)
	broken := errors.New("input/output error")
	f.Sync = func(file *os.File) error { return &os.PathError{Op: "sync", Path: file.Name(), Err: broken} }
	require.Equal(t, broken, begin(t, f, two("a", 3), "abc").Publish())
	require.Empty(t, peer.Tree(t, dir))
}

// kill -9 of a server that has linked the name, and not yet removed the
// other one. The file is moved elsewhere, and the same is sent again.
func TestKillBetweenLinkAndRemove(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is killed when it syncs the folder, and Windows has no such call")
	}
	t.Parallel()
	data := peer.Noise(1, 5000)
	path, dir := peer.File(t, "film", data), filepath.Join(t.TempDir(), "uploads")
	server := start(t, "server", "DIR="+dir, "KILL=at the name")
	_, err := send(t, NewClient(), server.Line(t), path)
	require.Error(t, err, "it was killed before it could answer")
	server.Kill()
	require.Len(t, peer.Tree(t, dir), 2, "the state that this test is about")
	moved := filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(filepath.Join(dir, "film"), moved))

	server = start(t, "server", "DIR="+dir)
	require.NoError(t, os.WriteFile(path, peer.Noise(2, 5000), 0o666))
	r, err := send(t, NewClient(), server.Line(t), path)
	require.NoError(t, err)
	require.Zero(t, r.Offset)
	got, err := os.ReadFile(moved)
	require.NoError(t, err)
	require.Equal(t, data, got)
}
