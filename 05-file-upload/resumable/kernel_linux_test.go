package resumable

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// The bytes of a file go through sendfile and splice, in both protocols: by
// the kernel's own count of this process. Both ends are in it, so a file that
// both copy by hand would be read twice and written twice; sendfile counts once
// each, and splice not at all. Copied by hand at one end it would take a
// thousand calls more, of 32 KiB each. A digest is one more reading at each
// end. And whatever the size of the file, the memory stays as it is.
func TestZeroCopy(t *testing.T) {
	const size = 32 << 20
	path := peer.File(t, "sparse", nil)
	require.NoError(t, os.Truncate(path, size))
	for _, row := range []struct{ protocol, reads int }{{1, 1}, {2, 1}, {2, 3}} {
		s := serve(t)
		conn := peer.Dial(t, s.Addr).TCPConn
		src, err := upload.OpenSource(path)
		require.NoError(t, err)
		defer src.Close()
		c := NewClient()
		if row.reads == 1 {
			c.Digest = None
		}
		before := counted(t)
		if row.protocol == 1 {
			err = c.Client.Send(conn, src, "a")
		} else {
			_, err = c.Send(conn, src, "a")
		}
		require.NoError(t, err)
		require.NoError(t, s.Record(t).Err)
		after := counted(t)
		for key, want := range map[string]int{"rchar": row.reads * size, "wchar": size, "memory": 0} {
			require.InDelta(t, want, after[key]-before[key], size/10, "%s, what this program itself read, wrote or kept, for %d bytes in protocol %d", key, size, row.protocol)
		}
		require.Less(t, after["syscw"]-before["syscw"], int64(500), "calls that write, in protocol %d", row.protocol)
	}
}

func counted(t *testing.T) map[string]int64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip("needs /proc/self/io: ", err)
	}
	var all runtime.MemStats
	runtime.ReadMemStats(&all)
	counts := map[string]int64{"memory": int64(all.TotalAlloc)}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		counts[key], _ = strconv.ParseInt(value, 10, 64)
	}
	return counts
}

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

func init() {
	blocks = func(is os.FileInfo) int64 { return is.Sys().(*syscall.Stat_t).Blocks * 512 }
}

// A pipe with the name of the file, and one in the place of the unfinished
// one: opening either would wait for ever.
func TestPlantedPipes(t *testing.T) {
	f, dir := openFolder(t)
	in := begin(t, f, two("b", 3), "")
	temp := in.Temp
	in.Discard()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "a"), 0o666))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, temp), 0o666))
	_, err := f.Begin(two("a", 3))
	require.ErrorIs(t, err, ErrExists)
	name, err := begin(t, f, one("a", 3), "new").PublishBeside()
	require.NoError(t, err)
	require.Equal(t, "a (2)", name)
	err = begin(t, f, two("b", 3), "new").Publish()
	require.NoError(t, err)
}

// tmpfs is a small file system.
func tmpfs(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, size); err != nil {
		t.Skip("needs the right to mount a small tmpfs: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// A file system of 1 MiB fills up: known before the first byte, unfinished
// files give way, but not to what would not fit even so, and what is refused
// leaves nothing behind.
func TestFullDisk(t *testing.T) {
	s := serveIn(t, tmpfs(t, "size=1m"))
	half := s.offer(t, "half", 900<<10, 0)
	half.Send(peer.Noise(2, 600<<10))
	half.Close()
	s.Record(t)
	c := NewClient()
	_, err := send(t, c, s.Addr, peer.File(t, "big", peer.Noise(1, 2<<20)))
	require.ErrorIs(t, err, ErrRefused)
	require.ErrorContains(t, err, "the disk is full")
	s.Record(t)

	require.Empty(t, peer.Session(t, s.Addr, peer.Header1("big", 2<<20)), "a protocol 1 client was told something")
	s.Record(t)

	// An unfinished file stands in the way of one that fits without it.
	require.Len(t, s.Unfinished(t), 1)
	data := peer.Noise(3, 800<<10)
	_, err = send(t, c, s.Addr, peer.File(t, "fits", data))
	require.NoError(t, err)
	require.Empty(t, s.Unfinished(t))
	require.Equal(t, map[string]string{"fits": string(data)}, s.Visible(t))
}

// Without the reservation (other systems; file systems that have none) the
// disk fills up in the middle of a file. The client reads why, though it
// is still sending: no reset destroys the answer.
func TestDiskFillsUpUnderWay(t *testing.T) {
	dir := tmpfs(t, "size=24m")
	s := serveIn(t, dir)
	p := s.offer(t, "a", 12<<20, 0)
	// The room that was reserved is taken away again, and filled.
	for name := range s.Unfinished(t) {
		require.NoError(t, os.Truncate(filepath.Join(dir, upload.Waiting, name), 0))
	}
	fill, err := os.Create(filepath.Join(dir, "filler"))
	require.NoError(t, err)
	for err == nil {
		_, err = fill.Write(make([]byte, 1<<16))
	}
	fill.Close()
	p.SetWriteDeadline(time.Now().Add(peer.Timeout))
	p.Send(peer.Noise(1, 12<<20))
	require.Contains(t, p.Refused(), "no space left")
	require.Empty(t, p.Closed())
	p.Close()
	require.NoFileExists(t, filepath.Join(dir, "a"))
}
