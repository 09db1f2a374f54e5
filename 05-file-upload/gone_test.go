package upload

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Only the waiting room is removed: what was in it is lost, and says so;
// the next file makes a new one, which is locked as the old one was.
func TestWaitingRoomVanishes(t *testing.T) {
	f, dir := openFolder(t)
	for _, h := range []Header{one("a", 3), two("b", 3)} {
		in := begin(t, f, h, "old")
		if err := os.RemoveAll(filepath.Join(dir, waiting)); err != nil {
			t.Skip("an open folder cannot be removed here: ", err)
		}
		next := begin(t, f, two("next", 3), "new")
		_, err := in.Publish()
		require.ErrorIs(t, err, ErrRemoved)
		_, err = OpenFolder(dir)
		require.ErrorContains(t, err, "another server")
		_, err = next.Publish()
		require.NoError(t, err)
		require.Equal(t, map[string]string{"next": "new"}, tree(t, dir))
		require.NoError(t, os.Remove(filepath.Join(dir, "next")))
	}
}

// A file that says that it has 0 bytes, and has more.
func TestSourceWithMoreThanItsSize(t *testing.T) {
	const path = "/proc/cpuinfo"
	if is, err := os.Stat(path); err != nil || is.Size() > 0 {
		t.Skip("no such file here: ", path)
	}
	_, err := OpenSource(path)
	require.EqualError(t, err, `"/proc/cpuinfo" has no size of its own; copy it into a file first`)
}

// And one that says that it has more than it has.
func TestSourceWithLessThanItsSize(t *testing.T) {
	const path = "/sys/kernel/mm/transparent_hugepage/enabled"
	if is, err := os.Stat(path); err != nil || is.Size() != 4096 {
		t.Skip("no such file here: ", path)
	}
	_, err := OpenSource(path)
	require.ErrorContains(t, err, "no size of its own")
}
