package resumable

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// The waiting room is open to the server, and the folder is not: known at
// the start, and before a file is taken that could not be published.
func TestFolderThatMayNotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "uploads")
	room := filepath.Join(dir, upload.Waiting)
	require.NoError(t, os.MkdirAll(room, 0o777))
	if os.Geteuid() == 0 {
		// Root may write anywhere: for files this thread becomes nobody.
		const nobody = 65534
		for _, path := range []string{filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} {
			require.NoError(t, os.Chmod(path, 0o755))
		}
		for _, path := range []string{dir, room} {
			require.NoError(t, os.Chown(path, nobody, nobody))
		}
		runtime.LockOSThread() // for good: it ends with the test
		t.Cleanup(func() { syscall.Setfsuid(0) })
		require.NoError(t, syscall.Setfsuid(nobody))
	}
	f, err := OpenFolder(dir)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { os.Chmod(dir, 0o777) })
	for _, h := range []Offer{one("a", 3), two("a", 3)} {
		_, err = f.Begin(h)
		require.ErrorIs(t, err, ErrReadOnly)
	}
	require.NoError(t, f.Close())
	_, err = OpenFolder(dir)
	require.ErrorIs(t, err, ErrReadOnly)
	require.Empty(t, peer.Tree(t, dir))
}
