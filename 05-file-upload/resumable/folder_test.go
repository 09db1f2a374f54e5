package resumable

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

func openFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "uploads")
	f, err := OpenFolder(dir)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f, dir
}

func begin(t *testing.T, f *Folder, o Offer, data string) *Incoming {
	t.Helper()
	in, err := f.Begin(o)
	require.NoError(t, err)
	_, err = in.File.WriteString(data)
	require.NoError(t, err)
	return in
}

func one(name string, size int64) Offer {
	return Offer{upload.Header{Name: name, Size: size}, 1, 0, None}
}

func two(name string, size int64) Offer {
	return Offer{upload.Header{Name: name, Size: size}, 2, 77, SHA256}
}

// The name is taken, be it by a link that leads nowhere: known before, or when
// it is published.
func TestPublishReplacesNothing(t *testing.T) {
	f, dir := openFolder(t)
	_, err := begin(t, f, one("a", 3), "old").PublishBeside()
	require.NoError(t, err)
	want := map[string]string{"a": "old", "b": "old", "b (2)": "new"}
	if os.Symlink("not-there", filepath.Join(dir, "gone")) == nil {
		want["gone"] = "L---------"
		_, err = f.Begin(two("gone", 3))
		require.ErrorIs(t, err, ErrExists)
	}
	_, err = f.Begin(two("a", 3))
	require.ErrorIs(t, err, ErrExists)
	in := begin(t, f, two("b", 3), "new")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b"), []byte("old"), 0o666))
	require.ErrorIs(t, in.Publish(), ErrExists)
	name, err := begin(t, f, one("b", 3), "new").PublishBeside()
	require.NoError(t, err)
	require.Equal(t, "b (2)", name)
	require.Empty(t, cmp.Diff(want, peer.Tree(t, dir)))
}

// Somebody who may write into the folder plants links in the place of the
// unfinished file, whose name can be guessed: out of the folder, and at another
// file inside it.
func TestPlantedLinks(t *testing.T) {
	f, dir := openFolder(t)
	outside := peer.File(t, "outside", []byte("mine"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "victim"), []byte("mine"), 0o666))
	for name, target := range map[string]string{"b": outside, "c": filepath.Join("..", "victim")} {
		in := begin(t, f, two(name, 6), "ne")
		temp := in.Temp
		in.Discard()
		if err := os.Symlink(target, filepath.Join(dir, temp)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
		in = begin(t, f, two(name, 6), "newest")
		require.Zero(t, in.Offset)
		require.NoError(t, in.Publish())
	}
	require.Equal(t, map[string]string{"outside": "mine"}, peer.Tree(t, filepath.Dir(outside)))
	require.Empty(t, cmp.Diff(map[string]string{"b": "newest", "c": "newest", "victim": "mine"}, peer.Tree(t, dir)))
}

// An unfinished file goes on where it ended. Of another size, another time,
// another name, or with nothing to prove that the halves fit: from the
// beginning. So does one that is longer than the whole: no hole.
func TestResume(t *testing.T) {
	f, dir := openFolder(t)
	begin(t, f, two("a", 10), "01234").Suspend()
	begin(t, f, two("long", 4), "0123456789").Suspend()
	for _, row := range []struct {
		offer  Offer
		offset int64
		rest   string
	}{
		{two("a", 11), 0, "0123456789a"}, {two("b", 10), 0, "0123456789"}, {one("a", 10), 0, "0123456789"},
		{Offer{upload.Header{Name: "a", Size: 10}, 2, 78, SHA256}, 0, "0123456789"},
		{Offer{upload.Header{Name: "a", Size: 10}, 2, 77, None}, 0, "0123456789"},
		{two("a", 10), 5, "56789"}, {two("long", 4), 0, "new!"},
	} {
		in := begin(t, f, row.offer, row.rest)
		require.Equal(t, row.offset, in.Offset, "%+v", row)
		require.NoError(t, in.Publish())
		got := peer.Tree(t, dir, upload.Waiting)[row.offer.Name]
		require.Equal(t, "0123456789a"[:row.offset]+row.rest, got)
		require.NoError(t, os.Remove(filepath.Join(dir, row.offer.Name)))
	}
	require.Empty(t, peer.Tree(t, dir))
}

// A kill between Link and Remove leaves the published file a second name,
// among the unfinished ones. Nobody may write into it, wherever the first
// name has gone: not the same server, and not the next one.
func TestKilledBetweenLinkAndRemove(t *testing.T) {
	moved := filepath.Join(t.TempDir(), "moved")
	for _, next := range []bool{false, true} {
		for _, size := range []int64{10, 4} { // whole, and too long: to be emptied
			f, dir := openFolder(t)
			in := begin(t, f, two("a", size), "0123456789")
			temp := in.Temp
			in.Suspend()
			require.NoError(t, os.Link(filepath.Join(dir, temp), moved))
			if next {
				require.NoError(t, f.Close())
				var err error
				f, err = OpenFolder(dir)
				require.NoError(t, err)
				defer f.Close()
			}
			in = begin(t, f, two("a", size), "new!")
			require.Zero(t, in.Offset)
			in.Suspend()
			got, err := os.ReadFile(moved)
			require.NoError(t, err)
			require.Equal(t, "0123456789", string(got), "the next server: %v", next)
			require.NoError(t, os.Remove(moved))
		}
	}
}

// What can never be resumed goes at once; of the rest the youngest stay.
func TestUnfinishedFilesDoNotPileUp(t *testing.T) {
	f, dir := openFolder(t)
	f.KeepFiles, f.KeepBytes = 3, 100
	begin(t, f, one("a", 10), "01234").Suspend()
	begin(t, f, Offer{upload.Header{Name: "a", Size: 10}, 2, 0, None}, "01234").Suspend()
	begin(t, f, two("empty", 10), "").Suspend()
	require.Empty(t, peer.Tree(t, dir))

	age := func(in *Incoming, age time.Duration) {
		when := time.Now().Add(-age)
		require.NoError(t, f.Root.Chtimes(in.Temp, when, when))
		in.Suspend()
		f.Root.Chtimes(in.Temp, when, when) // giving space back renewed it
	}
	offset := func(name string) int64 {
		in, err := f.Begin(two(name, 200))
		require.NoError(t, err)
		defer in.Suspend()
		return in.Offset
	}
	old := begin(t, f, two("old", 200), "01234")
	writing := begin(t, f, two("writing", 200), "01234")
	age(old, 25*time.Hour)
	f.sweep(f.KeepBytes)
	require.Zero(t, offset("old"))
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		age(begin(t, f, two(name, 200), "01234"), time.Duration(9-i)*time.Hour)
	}
	f.sweep(f.KeepBytes)
	require.Len(t, peer.Tree(t, dir), 3+1, "three, and the one that is being written")
	for name, want := range map[string]int64{"a": 0, "b": 0, "c": 5, "d": 5, "e": 5} {
		require.Equal(t, want, offset(name), name)
	}
	big := begin(t, f, two("big", 200), string(peer.Noise(1, 97)))
	big.Suspend()
	require.EqualValues(t, 97, offset("big"))
	require.LessOrEqual(t, len(peer.Tree(t, dir)), 1+1, "100 bytes in all")
	writing.Discard()
}

// blocks is what a file takes on disk, in bytes: unknown but on Linux.
var blocks = func(os.FileInfo) int64 { return 0 }

// A folder is one server's at a time. One that was killed leaves its temporary
// files; the next clears them away, and gives back what was reserved beyond
// their ends.
func TestStartClearsUp(t *testing.T) {
	f, dir := openFolder(t)
	begin(t, f, one("a", 10), "01234")
	begin(t, f, two("b", 1<<20), "01234")
	_, err := OpenFolder(dir)
	require.ErrorContains(t, err, "another server")
	require.NoError(t, f.Close()) // as if it had been killed
	f, err = OpenFolder(dir)
	require.NoError(t, err)
	defer f.Close()
	f.sweep(f.KeepBytes) // as Serve does
	left := peer.Tree(t, dir)
	require.Len(t, left, 1)
	for name := range left {
		is, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Less(t, blocks(is), int64(1<<20), "bytes on disk for %d in the file", is.Size())
	}
	in, err := f.Begin(two("b", 1<<20))
	require.NoError(t, err)
	require.EqualValues(t, 5, in.Offset)
	in.Discard()
}

// A client that comes back may be faster than the news of its death.
func TestClientComesBackAtOnce(t *testing.T) {
	f, _ := openFolder(t)
	in := begin(t, f, two("a", 10), "01234")
	f.claimTimeout = 0
	_, err := f.Begin(two("a", 10))
	require.ErrorIs(t, err, ErrBusy)
	f.claimTimeout = peer.Timeout
	time.AfterFunc(time.Millisecond, in.Suspend)
	again, err := f.Begin(two("a", 10))
	require.NoError(t, err)
	require.EqualValues(t, 5, again.Offset)
	again.Discard()
}

// The folder is removed under the server's feet. If only the waiting room is,
// what was in it is lost, and says so; the next file makes a new one, which is
// locked as the old one was.
func TestFolderVanishes(t *testing.T) {
	for _, offer := range []Offer{one("a", 3), two("a", 3)} {
		f, dir := openFolder(t)
		in := begin(t, f, offer, "old")
		if err := os.RemoveAll(filepath.Join(dir, upload.Waiting)); err != nil {
			t.Skip("an open folder cannot be removed here: ", err)
		}
		next := begin(t, f, two("next", 3), "new")
		require.ErrorIs(t, in.Publish(), ErrRemoved)
		_, err := OpenFolder(dir)
		require.ErrorContains(t, err, "another server")
		require.NoError(t, next.Publish())
		require.Equal(t, map[string]string{"next": "new"}, peer.Tree(t, dir))

		in = begin(t, f, offer, "new")
		require.NoError(t, os.RemoveAll(dir))
		require.ErrorIs(t, in.Publish(), ErrGone)
		_, err = f.Begin(offer)
		require.ErrorIs(t, err, ErrGone)
		require.NoDirExists(t, dir)
	}
}
