package upload

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/05-file-upload/internal/peer"
)

func TestSourcesThatAreRefused(t *testing.T) {
	_, err := OpenSource(t.TempDir())
	require.ErrorContains(t, err, "is a folder")
	_, err = OpenSource(filepath.Join(t.TempDir(), "gone"))
	require.ErrorIs(t, err, os.ErrNotExist)
	if is, err := os.Stat(os.DevNull); err == nil && !is.Mode().IsRegular() {
		_, err = OpenSource(os.DevNull)
		require.ErrorContains(t, err, "is a pipe, a socket or a device")
	}
	path := peer.File(t, "secret", nil)
	require.NoError(t, os.Chmod(path, 0))
	if f, err := os.Open(path); err == nil {
		f.Close()
		t.Log("whoever runs this may read everything: not tried with an unreadable file")
		return
	}
	_, err = OpenSource(path)
	require.ErrorIs(t, err, os.ErrPermission)
}

// Files that have more, or less, than they say.
func TestSourcesWithoutASize(t *testing.T) {
	for path, size := range map[string]int64{"/proc/cpuinfo": 0, "/sys/kernel/mm/transparent_hugepage/enabled": 4096} {
		if is, err := os.Stat(path); err != nil || is.Size() != size {
			t.Log("no such file here: ", path)
			continue
		}
		_, err := OpenSource(path)
		require.ErrorContains(t, err, "has no size of its own; copy it into a file first")
	}
}
