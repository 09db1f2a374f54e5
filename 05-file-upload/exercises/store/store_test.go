package store_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"example.com/dialtone/05-file-upload/exercises/store"
	"example.com/dialtone/docs/grade"
)

// Without a folder an answer panics, but not as the stub does.
var _ = grade.Stub(func() { store.Store(nil, "a", strings.NewReader(""), -1) })

// A folder is where a test stores.
type folder struct {
	*os.Root
	dir string
}

func open(t *testing.T) folder {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	grade.Must(t, err)
	t.Cleanup(func() { root.Close() })
	return folder{root, dir}
}

// holds fails the test unless the folder holds these files and no other.
func (f folder) holds(t *testing.T, c grade.Case, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(f.dir)
	grade.Must(t, err)
	for _, e := range entries {
		_, known := want[e.Name()]
		c.Usually("where Store works it leaves the file and nothing else, where it fails nothing: remove the temporary file on every way out (defer)").
			True(t, known, "in the folder: "+grade.Count(len(want), "file")+", and no other", fmt.Sprintf("there is also %q", e.Name()))
	}
	open := grade.Open(f.dir)
	c.Usually("the temporary file has to be closed on every way out: defer file.Close()").
		True(t, open == "", "no file of the folder open any more", open)
	for name, data := range want {
		got, err := os.ReadFile(filepath.Join(f.dir, name))
		c.Usually("where Store works, Link gives the file its name; where it fails, nothing but the temporary file is removed").
			True(t, err == nil, fmt.Sprintf("the file %q in the folder", name), fmt.Sprint(err))
		c.Bytes(t, fmt.Sprintf("the file %q", name), data, string(got))
	}
}

// slowDisk is how long a disk with other work may take for a Sync.
const slowDisk = 5 * time.Second

func (f folder) store(t *testing.T, c grade.Case, name string, r io.Reader, size int64) error {
	t.Helper()
	c.Patience = slowDisk
	return c.Do(t, func() error { return store.Store(f.Root, name, r, size) })
}

func TestStoreKeepsTheBytes(t *testing.T) {
	for _, data := range []string{"", "x", "hello", strings.Repeat("0123456789abcdef", 70_000)} {
		f := open(t)
		r := iotest.HalfReader(strings.NewReader(data + "the next header"))
		c := grade.Case{Did: "Store of " + grade.Count(len(data), "byte") + ", each Read with half of what it asks for, and the next header right behind",
			Means: "a Read may bring less than was asked for; io.CopyN goes on until it has all"}
		err := f.store(t, c, "电影.mp4", r, int64(len(data)))
		c.NoError(t, err)
		left, _ := io.ReadAll(r)
		c.Usually("what follows the file is not the file's: take size bytes and no more, without a buffer that reads ahead").
			Bytes(t, "what is left in r", "the next header", string(left))
		f.holds(t, c, map[string]string{"电影.mp4": data})
	}
}

func TestStoreCutOff(t *testing.T) {
	trouble := errors.New("cable pulled")
	for n := range 10 {
		f := open(t)
		came := "0123456789"[:n]
		c := grade.Case{Did: fmt.Sprintf("Store of 10 bytes from an r that ends after %d", n),
			Means: "io.Copy of a LimitReader that falls short returns nil; io.CopyN returns io.EOF, which is io.ErrUnexpectedEOF here"}
		c.ErrorIs(t, f.store(t, c, "a", strings.NewReader(came), 10), io.ErrUnexpectedEOF)
		f.holds(t, c, nil)
		c = grade.Case{Did: fmt.Sprintf("Store of 10 bytes from an r that fails after %d: %q", n, trouble),
			Means: "the error of r was dropped or replaced"}
		c.ErrorIs(t, f.store(t, c, "a", io.MultiReader(strings.NewReader(came), iotest.ErrReader(trouble)), 10), trouble)
		f.holds(t, c, nil)
	}
}

// around is data with a look around in the middle of it.
func around(data string, look func()) io.Reader {
	half := len(data) / 2
	return io.MultiReader(strings.NewReader(data[:half]), grade.Spy(look), strings.NewReader(data[half:]))
}

func TestStoreShowsNothingUnfinished(t *testing.T) {
	f := open(t)
	c := grade.Case{Did: "Store, and a look at the folder when half of the bytes have come",
		Means: "the file was made under its own name: whoever looks now, or after a crash, takes half of it for all"}
	var early error
	err := f.store(t, c, "a", around("0123456789", func() { _, early = os.Lstat(filepath.Join(f.dir, "a")) }), 10)
	c.NoError(t, err)
	c.True(t, errors.Is(early, fs.ErrNotExist), "no file of that name before it is whole", "it was there")
	f.holds(t, c, map[string]string{"a": "0123456789"})
}

func TestStoreReplacesNothing(t *testing.T) {
	f := open(t)
	os.WriteFile(filepath.Join(f.dir, "a"), []byte("mine"), 0o666)
	c := grade.Case{Did: "Store under a name that a file has", Means: "os.O_TRUNC empties, Rename replaces; Link fails"}
	err := f.store(t, c, "a", strings.NewReader("new"), 3)
	f.holds(t, c, map[string]string{"a": "mine"})
	c.ErrorIs(t, err, fs.ErrExist)
}

func TestStoreReplacesNoLatecomer(t *testing.T) {
	f := open(t)
	c := grade.Case{Did: "Store; while its bytes come, somebody else makes a file of that name",
		Means: "looking first and renaming later leaves a gap: the step that publishes has to fail by itself, as Link does"}
	err := f.store(t, c, "a", around("new", func() {
		os.WriteFile(filepath.Join(f.dir, "a"), []byte("mine"), 0o666)
	}), 3)
	f.holds(t, c, map[string]string{"a": "mine"})
	c.ErrorIs(t, err, fs.ErrExist)
}

func TestStoreFollowsNoLink(t *testing.T) {
	f := open(t)
	if err := os.Symlink("elsewhere", filepath.Join(f.dir, "a")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	c := grade.Case{Did: "Store under the name of a symbolic link that leads nowhere",
		Means: "a link is there, so the name is taken: Stat and Create follow it, Rename replaces it; Lstat sees it, and Link fails"}
	err := f.store(t, c, "a", strings.NewReader("new"), 3)
	c.ErrorIs(t, err, fs.ErrExist)
	_, err = os.Lstat(filepath.Join(f.dir, "elsewhere"))
	c.True(t, errors.Is(err, fs.ErrNotExist), "nothing where the link leads", "a file is there now")
}

// atOnce stores a file of 20 bytes under each name, all at once: every one
// is in the middle before any may end. It gives what they hold and the
// errors, and c with what is known by then about the temporary names.
func (f folder) atOnce(t *testing.T, c grade.Case, names ...string) (data []string, errs []error, known grade.Case) {
	t.Helper()
	data, errs = make([]string, len(names)), make([]error, len(names))
	var made []os.DirEntry
	c.Patience = max(c.Patience, slowDisk)
	grade.Bubble(t, c, func(t *testing.T) {
		release := make(chan struct{})
		calls := make([]*grade.Call, len(names))
		for i, name := range names {
			data[i] = fmt.Sprintf("%-20d", i)
			half := around(data[i], func() { <-release })
			calls[i] = c.Start(t, func() { errs[i] = store.Store(f.Root, name, half, 20) })
		}
		synctest.Wait()
		var err error
		made, err = os.ReadDir(f.dir)
		close(release)
		grade.Must(t, err)
		for _, call := range calls {
			call.Wait(t)
		}
	})
	own := slices.ContainsFunc(made, func(e os.DirEntry) bool { return slices.Contains(names, e.Name()) })
	if n := len(made); 0 < n && n < len(names) && !own {
		c = c.Usually("two use the same temporary name: they mix their bytes, or remove each other's file; crypto/rand.Text gives a name that nobody else has")
	}
	return data, errs, c
}

func TestStoreOfOneNameTwiceAtOnce(t *testing.T) {
	f := open(t)
	data, errs, c := f.atOnce(t, grade.Case{Did: `two Stores at once, both of "a"`,
		Means: "the step that publishes has to fail by itself where the name is taken, as Link does"}, "a", "a")
	won := 0
	if errs[0] != nil {
		won = 1
	}
	c.NoError(t, errs[won])
	c.ErrorIs(t, errs[1-won], fs.ErrExist)
	f.holds(t, c, map[string]string{"a": data[won]})
}

func TestStoreOfManyAtOnce(t *testing.T) {
	f := open(t)
	var names []string
	for i := range 150 {
		names = append(names, fmt.Sprint("file ", i))
	}
	data, errs, c := f.atOnce(t, grade.Case{Did: "150 Stores at once, each of its own name", Patience: 2 * slowDisk}, names...)
	want := map[string]string{}
	for i, name := range names {
		c.NoError(t, errs[i])
		want[name] = data[i]
	}
	f.holds(t, c, want)
}

// How the name comes into the folder is to be seen nowhere but in what the
// kernel notes: a look right before a Rename is too fast for any test.
func TestStorePublishesInOneStep(t *testing.T) {
	f := open(t)
	steps := watch(t, f.dir, "a")
	c := grade.Case{Did: `Store of "a", and a look at what the kernel notes about that name (inotify)`}
	err := f.store(t, c, "a", strings.NewReader("hello"), 5)
	c.NoError(t, err)
	came := steps()
	switch {
	case slices.Contains(came, written):
		c.Means = "the file was made under its own name, and filled then: whoever looks between sees half of it, or nothing in it"
	case len(came) > 1:
		c.Means = "first something was there that only kept the place: whoever looks takes it for the file, and a crash leaves it"
	default:
		c.Means = "Rename replaces: who makes a file of that name a moment before loses it, however late you look, and a mutex keeps out no other program. Link fails by itself"
	}
	c.True(t, slices.Equal(came, []string{linked}), linked, strings.Join(came, ", then "))
}

// What may become of a name.
const (
	linked  = "the name is new in the folder"
	renamed = "another name was changed into it (Rename)"
	written = "what has the name was written to"
)

func TestStoreDoesNotBelieveTheSize(t *testing.T) {
	f := open(t)
	r := strings.NewReader("hello")
	c := grade.Case{Did: "Store with a size of -1", Means: "a negative size is no size: refuse it before anything is read or made"}
	err := f.store(t, c, "a", r, -1)
	c.True(t, err != nil, "an error", "no error (nil)")
	c.True(t, r.Len() == 5, "r as it was", fmt.Sprintf("%d of 5 bytes read", 5-r.Len()))
	f.holds(t, c, nil)

	c = grade.Case{Did: "Store with a size of 2^50, and five bytes", Means: "memory was taken for what was only promised"}
	err = f.store(t, c, "a", strings.NewReader("hello"), 1<<50)
	c.Usually("r ended early, or so much cannot be kept: that is an error").True(t, err != nil, "an error", "no error (nil)")
	f.holds(t, c, nil)
}

func TestStoreTakesTheLongestName(t *testing.T) {
	name := strings.Repeat("a", 255)
	if err := os.WriteFile(filepath.Join(t.TempDir(), name), nil, 0o666); err != nil {
		t.Skip("no names of 255 bytes here: ", err)
	}
	f := open(t)
	c := grade.Case{Did: "Store under a name of 255 bytes", Means: "the temporary name has the name in it, and is longer: no file system takes more than 255 bytes"}
	err := f.store(t, c, name, strings.NewReader("hello"), 5)
	if errors.Is(err, syscall.ENAMETOOLONG) {
		c = c.Usually(c.Means)
	}
	c.NoError(t, err)
	f.holds(t, c, map[string]string{name: "hello"})
}

func TestStoreReportsAFolderOfNoUse(t *testing.T) {
	f := open(t)
	f.Root.Close()
	c := grade.Case{Did: "Store in a root that was closed", Means: "the error of making the file was dropped"}
	err := f.store(t, c, "a", strings.NewReader("hello"), 5)
	c.ErrorIs(t, err, os.ErrClosed)
}

func TestStoreNeedsNoMemory(t *testing.T) {
	f := open(t)
	c := grade.Case{Did: "Store of 4 MiB", Means: "the whole file went through memory: copy it in pieces (io.CopyN)"}
	var kept int64 // on the disk when three quarters have been read
	look := grade.Spy(func() {
		filepath.WalkDir(f.dir, func(_ string, file fs.DirEntry, _ error) error {
			if is, err := file.Info(); err == nil && is.Mode().IsRegular() {
				kept += is.Size()
			}
			return nil
		})
	})
	r := io.MultiReader(strings.NewReader(strings.Repeat("a", 3<<20)), look, strings.NewReader(strings.Repeat("a", 1<<20)))
	c.NoError(t, f.store(t, c, "a", r, 4<<20))
	c.True(t, kept >= 1<<20, "1 MiB or more in the folder when 3 MiB have been read", fmt.Sprintf("%d bytes there", kept))
}
