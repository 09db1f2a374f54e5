package upload

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func openFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "uploads")
	f, err := OpenFolder(dir)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f, dir
}

func begin(t *testing.T, f *Folder, h Header, data string) *Incoming {
	t.Helper()
	in, err := f.Begin(h)
	require.NoError(t, err)
	_, err = in.File.WriteString(data)
	require.NoError(t, err)
	return in
}

func one(name string, size int) Header {
	return Header{Name: name, Size: int64(size), Protocol: 1}
}

func two(name string, size int) Header {
	return Header{Name: name, Size: int64(size), Protocol: 2, Digest: SHA256, Modified: 77}
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err != nil || !e.Type().IsRegular() {
			if err == nil && !e.IsDir() {
				seen[name] = e.Type().String()
			}
			return err
		}
		data, err := os.ReadFile(path)
		seen[name] = string(data)
		return err
	}))
	return seen
}

func TestPublishReplacesNothing(t *testing.T) {
	f, dir := openFolder(t)
	for range 3 {
		name, err := begin(t, f, one("a.txt", 3), "new").Publish()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o666))
	}
	_, err := f.Begin(two("a.txt", 3))
	require.ErrorIs(t, err, ErrExists)

	// It appears while another one is on its way.
	in := begin(t, f, two("b.txt", 3), "new")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.txt"), []byte("old"), 0o666))
	_, err = in.Publish()
	require.ErrorIs(t, err, ErrExists)

	// A folder has the name.
	require.NoError(t, os.Mkdir(filepath.Join(dir, "c"), 0o777))
	name, err := begin(t, f, one("c", 3), "new").Publish()
	require.NoError(t, err)
	require.Equal(t, "c (2)", name)

	// The waiting room itself.
	name, err = begin(t, f, one(waiting, 3), "new").Publish()
	require.NoError(t, err)
	require.Equal(t, waiting+" (2)", name)

	require.Empty(t, cmp.Diff(map[string]string{
		"a.txt": "old", "a (2).txt": "old", "a (3).txt": "old", "b.txt": "old",
		"c (2)": "new", waiting + " (2)": "new",
	}, tree(t, dir)))
}

func TestPublishWantsEveryByte(t *testing.T) {
	f, dir := openFolder(t)
	for _, data := range []string{"", "1234", "123456"} {
		_, err := begin(t, f, one("a", 5), data).Publish()
		require.Error(t, err, "%d bytes of 5", len(data))
	}
	require.Empty(t, tree(t, dir))
}

func TestBadNamesMakeNoFile(t *testing.T) {
	f, dir := openFolder(t)
	for _, name := range badNames {
		for _, h := range []Header{one(name, 3), two(name, 3)} {
			_, err := f.Begin(h)
			require.ErrorIs(t, err, ErrName, "%q", name)
		}
	}
	require.Empty(t, tree(t, filepath.Dir(dir)))
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
		got, err := begin(t, f, one(name, 3), "new").Publish()
		require.NoError(t, err)
		require.NotEqual(t, name, got)
	}

	// In the place of the unfinished file, whose name can be guessed: out of
	// the folder, and at another file inside it.
	for name, target := range map[string]string{"b": outside, "c": filepath.Join("..", "victim")} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "victim"), []byte("mine"), 0o666))
		in := begin(t, f, two(name, 6), "ne")
		temp := in.temp
		in.Discard()
		link(temp, target)
		in = begin(t, f, two(name, 6), "newest")
		require.Zero(t, in.Offset)
		_, err := in.Publish()
		require.NoError(t, err)
	}
	require.Empty(t, cmp.Diff(map[string]string{
		"outside":       "mine",
		"uploads/a.txt": "L---------", "uploads/a (2).txt": "new",
		"uploads/gone.txt": "L---------", "uploads/gone (2).txt": "new",
		"uploads/b": "newest", "uploads/c": "newest", "uploads/victim": "mine",
	}, tree(t, parent)))
}

func TestWaitingRoomIsAFolder(t *testing.T) {
	dir := t.TempDir()
	other := t.TempDir()
	if err := os.Symlink(other, filepath.Join(dir, waiting)); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	_, err := OpenFolder(dir)
	require.ErrorContains(t, err, "not a folder")
	require.Empty(t, tree(t, other))
}

func TestResume(t *testing.T) {
	f, dir := openFolder(t)
	in := begin(t, f, two("a", 10), "01234")
	in.Abandon()
	require.Len(t, tree(t, dir), 1)

	// Another size, another time, another name, or nothing to prove that
	// the halves fit: from the beginning.
	for _, h := range []Header{
		two("a", 11), two("b", 10), one("a", 10),
		{Name: "a", Size: 10, Protocol: 2, Digest: SHA256, Modified: 78},
		{Name: "a", Size: 10, Protocol: 2, Digest: None, Modified: 77},
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
	_, err = in.Publish()
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]string{"a": "0123456789"}, tree(t, dir)))
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
		for _, size := range []int{10, 4} { // whole, and too long: to be emptied
			f, dir := openFolder(t)
			in := begin(t, f, two("a", size), "0123456789")
			temp := in.temp
			in.Abandon()
			require.NoError(t, os.Link(filepath.Join(dir, temp), filepath.Join(dir, "a")))
			require.NoError(t, os.Rename(filepath.Join(dir, "a"), moved))
			f = again(f, dir)
			in, err := f.Begin(two("a", size))
			require.NoError(t, err)
			require.Zero(t, in.Offset, what)
			_, err = in.File.WriteString("new!")
			require.NoError(t, err)
			in.Abandon()
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
	begin(t, f, two("a", 4), "0123456789").Abandon()
	in := begin(t, f, two("a", 4), "new!")
	require.Zero(t, in.Offset)
	_, err := in.Publish()
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "new!"}, tree(t, dir))
}

// What can never be resumed goes at once; of the rest the youngest stay.
func TestUnfinishedFilesDoNotPileUp(t *testing.T) {
	f, dir := openFolder(t)
	f.KeepFiles, f.KeepBytes = 3, 100
	begin(t, f, one("a", 10), "01234").Abandon()
	begin(t, f, Header{Name: "a", Size: 10, Protocol: 2, Digest: None}, "01234").Abandon()
	begin(t, f, two("empty", 10), "").Abandon()
	require.Empty(t, tree(t, dir))

	age := func(in *Incoming, age time.Duration) {
		when := time.Now().Add(-age)
		require.NoError(t, f.root.Chtimes(in.temp, when, when))
		in.Abandon()
		f.root.Chtimes(in.temp, when, when) // giving space back renewed it
	}
	offset := func(name string) int64 {
		in, err := f.Begin(two(name, 200))
		require.NoError(t, err)
		defer in.Abandon()
		return in.Offset
	}
	old := begin(t, f, two("old", 200), "01234")
	writing := begin(t, f, two("writing", 200), "01234")
	age(old, 25*time.Hour)
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		age(begin(t, f, two(name, 200), "01234"), time.Duration(9-i)*time.Hour)
	}
	f.sweep(f.KeepBytes)
	require.Len(t, tree(t, dir), 3+1, "three, and the one that is being written")
	for name, want := range map[string]int64{"old": 0, "a": 0, "b": 0, "c": 5, "d": 5, "e": 5} {
		require.Equal(t, want, offset(name), name)
	}
	big := begin(t, f, two("big", 200), string(noise(1, 97)))
	big.Abandon()
	require.EqualValues(t, 97, offset("big"))
	require.LessOrEqual(t, len(tree(t, dir)), 1+1, "100 bytes in all")
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
	left := tree(t, dir)
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

func TestNameIsClaimed(t *testing.T) {
	f, _ := openFolder(t)
	in := begin(t, f, two("a", 10), "01234")
	// Long enough for one who comes back faster than the news of his death.
	time.AfterFunc(20*time.Millisecond, in.Abandon)
	again, err := f.Begin(two("a", 10))
	require.NoError(t, err)
	require.EqualValues(t, 5, again.Offset)
	require.False(t, f.claim("name/a", time.Millisecond))
	again.Discard()
	require.True(t, f.claim("name/a", 0))
}

func TestFolderThatCannotBe(t *testing.T) {
	path := file(t, "file", nil)
	_, err := OpenFolder(path)
	require.Error(t, err)
	_, err = OpenFolder(filepath.Join(path, "below"))
	require.Error(t, err)
}

// The folder is removed under the server's feet.
func TestFolderVanishes(t *testing.T) {
	f, dir := openFolder(t)
	in := begin(t, f, one("a", 3), "new")
	if err := os.RemoveAll(dir); err != nil {
		t.Skip("an open folder cannot be removed here: ", err)
	}
	_, err := in.Publish()
	require.ErrorIs(t, err, ErrGone)
	_, err = f.Begin(one("a", 3))
	require.ErrorIs(t, err, ErrGone)
	_, err = f.Begin(two("a", 3))
	require.ErrorIs(t, err, ErrGone)
	require.NoFileExists(t, filepath.Join(dir, "a"))
}
