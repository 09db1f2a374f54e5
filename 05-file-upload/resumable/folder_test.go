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

// The name is taken: known before, or when it is published.
func TestPublishReplacesNothing(t *testing.T) {
	f, dir := openFolder(t)
	_, err := begin(t, f, one("a", 3), "old").PublishBeside()
	require.NoError(t, err)
	_, err = f.Begin(two("a", 3))
	require.ErrorIs(t, err, ErrExists)
	in := begin(t, f, two("b", 3), "new")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b"), []byte("old"), 0o666))
	require.ErrorIs(t, in.Publish(), ErrExists)
	name, err := begin(t, f, one("b", 3), "new").PublishBeside()
	require.NoError(t, err)
	require.Equal(t, "b (2)", name)
	require.Empty(t, cmp.Diff(map[string]string{"a": "old", "b": "old", "b (2)": "new"}, peer.Tree(t, dir)))
}

// Somebody who may write into the folder plants links there.
func TestPlantedLinks(t *testing.T) {
	f, dir := openFolder(t)
	parent := filepath.Dir(dir)
	outside := filepath.Join(parent, "outside")
	require.NoError(t, os.WriteFile(outside, []byte("mine"), 0o666))
	link := func(name, target string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	link("a.txt", outside)
	link("gone.txt", filepath.Join(parent, "not-there"))
	_, err := f.Begin(two("a.txt", 3))
	require.ErrorIs(t, err, ErrExists)
	for _, name := range []string{"a.txt", "gone.txt"} {
		got, err := begin(t, f, one(name, 3), "new").PublishBeside()
		require.NoError(t, err)
		require.NotEqual(t, name, got)
	}

	// In the place of the unfinished file, whose name can be guessed: out of
	// the folder, and at another file inside it.
	for name, target := range map[string]string{"b": outside, "c": filepath.Join("..", "victim")} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "victim"), []byte("mine"), 0o666))
		in := begin(t, f, two(name, 6), "ne")
		temp := in.Temp
		in.Discard()
		link(temp, target)
		in = begin(t, f, two(name, 6), "newest")
		require.Zero(t, in.Offset)
		require.NoError(t, in.Publish())
	}
	require.Empty(t, cmp.Diff(map[string]string{
		"outside":       "mine",
		"uploads/a.txt": "L---------", "uploads/a (2).txt": "new",
		"uploads/gone.txt": "L---------", "uploads/gone (2).txt": "new",
		"uploads/b": "newest", "uploads/c": "newest", "uploads/victim": "mine",
	}, peer.Tree(t, parent)))
}

func TestResume(t *testing.T) {
	f, dir := openFolder(t)
	in := begin(t, f, two("a", 10), "01234")
	in.Suspend()
	require.Len(t, peer.Tree(t, dir), 1)

	// Another size, another time, another name, or nothing to prove that
	// the halves fit: from the beginning.
	for _, h := range []Offer{
		two("a", 11), two("b", 10), one("a", 10),
		{upload.Header{Name: "a", Size: 10}, 2, 78, SHA256},
		{upload.Header{Name: "a", Size: 10}, 2, 77, None},
	} {
		in, err := f.Begin(h)
		require.NoError(t, err)
		require.Zero(t, in.Offset, "%+v", h)
		in.Discard()
	}
	in, err := f.Begin(two("a", 10))
	require.NoError(t, err)
	require.EqualValues(t, 5, in.Offset)
	_, err = in.File.WriteString("56789")
	require.NoError(t, err)
	require.NoError(t, in.Publish())
	require.Empty(t, cmp.Diff(map[string]string{"a": "0123456789"}, peer.Tree(t, dir)))
}

// A kill between Link and Remove leaves the published file a second name,
// among the unfinished ones. Nobody may write into it, wherever the first
// name has gone.
func TestKilledBetweenLinkAndRemove(t *testing.T) {
	moved := filepath.Join(t.TempDir(), "moved")
	for what, again := range map[string]func(f *Folder, dir string) *Folder{
		"the same server": func(f *Folder, _ string) *Folder { return f },
		"the next server": func(f *Folder, dir string) *Folder {
			require.NoError(t, f.Close())
			f, err := OpenFolder(dir)
			require.NoError(t, err)
			t.Cleanup(func() { f.Close() })
			return f
		},
	} {
		for _, size := range []int64{10, 4} { // whole, and too long: to be emptied
			f, dir := openFolder(t)
			in := begin(t, f, two("a", size), "0123456789")
			temp := in.Temp
			in.Suspend()
			require.NoError(t, os.Link(filepath.Join(dir, temp), filepath.Join(dir, "a")))
			require.NoError(t, os.Rename(filepath.Join(dir, "a"), moved))
			f = again(f, dir)
			in, err := f.Begin(two("a", size))
			require.NoError(t, err)
			require.Zero(t, in.Offset, what)
			_, err = in.File.WriteString("new!")
			require.NoError(t, err)
			in.Suspend()
			got, err := os.ReadFile(moved)
			require.NoError(t, err)
			require.Equal(t, "0123456789", string(got), what)
			require.NoError(t, os.Remove(moved))
		}
	}
}

// An unfinished file that is longer than the whole one starts over, and at
// its beginning: no hole.
func TestUnfinishedFileThatIsTooLong(t *testing.T) {
	f, dir := openFolder(t)
	begin(t, f, two("a", 4), "0123456789").Suspend()
	in := begin(t, f, two("a", 4), "new!")
	require.Zero(t, in.Offset)
	require.NoError(t, in.Publish())
	require.Equal(t, map[string]string{"a": "new!"}, peer.Tree(t, dir))
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
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		age(begin(t, f, two(name, 200), "01234"), time.Duration(9-i)*time.Hour)
	}
	f.sweep(f.KeepBytes)
	require.Len(t, peer.Tree(t, dir), 3+1, "three, and the one that is being written")
	for name, want := range map[string]int64{"old": 0, "a": 0, "b": 0, "c": 5, "d": 5, "e": 5} {
		require.Equal(t, want, offset(name), name)
	}
	big := begin(t, f, two("big", 200), string(peer.Noise(1, 97)))
	big.Suspend()
	require.EqualValues(t, 97, offset("big"))
	require.LessOrEqual(t, len(peer.Tree(t, dir)), 1+1, "100 bytes in all")
	writing.Discard()
}

func TestOneServerForAFolder(t *testing.T) {
	f, dir := openFolder(t)
	_, err := OpenFolder(dir)
	require.ErrorContains(t, err, "another server")
	require.NoError(t, f.Close())
	again, err := OpenFolder(dir)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// blocks is what a file takes on disk, in bytes: unknown but on Linux.
var blocks = func(os.FileInfo) int64 { return 0 }

// A server that was killed leaves its temporary files; the next one clears
// them away, and gives back what was reserved beyond their ends.
func TestStartClearsUp(t *testing.T) {
	f, dir := openFolder(t)
	begin(t, f, one("a", 10), "01234")
	begin(t, f, two("b", 1<<20), "01234")
	require.NoError(t, f.Close()) // as if it had been killed
	f, err := OpenFolder(dir)
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

// The folder is removed under the server's feet.
func TestFolderVanishes(t *testing.T) {
	f, dir := openFolder(t)
	in := begin(t, f, one("a", 3), "new")
	if err := os.RemoveAll(dir); err != nil {
		t.Skip("an open folder cannot be removed here: ", err)
	}
	require.ErrorIs(t, in.Publish(), ErrGone)
	_, err := f.Begin(one("a", 3))
	require.ErrorIs(t, err, ErrGone)
	_, err = f.Begin(two("a", 3))
	require.ErrorIs(t, err, ErrGone)
	require.NoFileExists(t, filepath.Join(dir, "a"))
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
		require.ErrorIs(t, in.Publish(), ErrRemoved)
		_, err := OpenFolder(dir)
		require.ErrorContains(t, err, "another server")
		require.NoError(t, next.Publish())
		require.Equal(t, map[string]string{"next": "new"}, peer.Tree(t, dir))
		require.NoError(t, os.Remove(filepath.Join(dir, "next")))
	}
}
