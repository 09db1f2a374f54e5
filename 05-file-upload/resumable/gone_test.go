package resumable

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// Only the waiting room is removed: what was in it is lost, and says so;
// the next file makes a new one, which is locked as the old one was.
func TestWaitingRoomVanishes(t *testing.T) {
	f, dir := openFolder(t)
	for _, h := range []Offer{one("a", 3), two("b", 3)} {
		in := begin(t, f, h, "old")
		if err := os.RemoveAll(filepath.Join(dir, upload.Waiting)); err != nil {
			t.Skip("an open folder cannot be removed here: ", err)
		}
		next := begin(t, f, two("next", 3), "new")
		err := in.Publish()
		require.ErrorIs(t, err, ErrRemoved)
		_, err = OpenFolder(dir)
		require.ErrorContains(t, err, "another server")
		err = next.Publish()
		require.NoError(t, err)
		require.Equal(t, map[string]string{"next": "new"}, peer.Tree(t, dir))
		require.NoError(t, os.Remove(filepath.Join(dir, "next")))
	}
}
