package resumable

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// The bytes of a file go through sendfile and splice, in both protocols:
// seen by strace, which shows each call and what it moved. Beside them the
// digest reads by pread64, and nothing else moves the body.
func TestZeroCopySeen(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace")
	}
	if out, err := exec.Command(strace, "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
	const size = 32 << 20
	path := sparse(t, size)
	for protocol := 1; protocol <= 2; protocol++ {
		tmp := t.TempDir()
		trace := func(who string) (string, *exec.Cmd) {
			out := filepath.Join(tmp, who)
			self, err := os.Executable()
			require.NoError(t, err)
			return out, exec.Command(strace, "-f", "-qq", "-o", out,
				"-e", `trace=/^(sendfile|splice|read|write|pread|pwrite|recvfrom|sendto|copy_file_range)(64)?$`, self)
		}
		serverLog, cmd := trace("server")
		server := peer.Launch(t, cmd, "UPLOAD_CHILD=server", "DIR="+filepath.Join(tmp, "up"))
		clientLog, cmd := trace("client")
		client := peer.Launch(t, cmd, "UPLOAD_CHILD=client", "FILE="+path, "ADDR="+server.Line(t),
			fmt.Sprintf("PROTOCOL=%d", protocol))
		require.Equal(t, "done", client.Line(t))
		client.Stdin.Close()
		require.NoError(t, client.Wait())
		server.Stdin.Close()
		require.NoError(t, server.Wait())

		sent, received := moved(t, clientLog), moved(t, serverLog)
		t.Logf("protocol %d: client %v, server %v", protocol, sent, received)
		require.EqualValues(t, size, sent["sendfile"], "by sendfile")
		// Once into the pipe, and once out of it.
		require.EqualValues(t, 2*size, received["splice"], "by splice")
		for _, call := range []string{"read", "write", "pwrite", "recvfrom", "sendto", "copy_file_range"} {
			require.Less(t, sent[call]+received[call], int64(size/10), "by %s", call)
		}
		hashed := int64((protocol - 1) * size)
		require.InDelta(t, hashed, sent["pread"], size/10, "hashed by the client")
		require.InDelta(t, hashed, received["pread"], size/10, "hashed by the server")
	}
}

var call = regexp.MustCompile(`(?m)(?:^\d+ +|<\.\.\. )(\w+)(?:\(| resumed).* = (\d+)$`)

// moved adds up what each kind of call returned.
func moved(t *testing.T, log string) map[string]int64 {
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	sums := map[string]int64{}
	for _, m := range call.FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.ParseInt(m[2], 10, 64)
		sums[strings.TrimSuffix(m[1], "64")] += n // sendfile64 on 32 bits
	}
	return sums
}

// The same without strace, by the kernel's own count of this process. Both
// ends are in it, so a file that is copied by hand would be read twice and
// written twice; sendfile counts once each, and splice not at all.
func TestZeroCopyCounted(t *testing.T) {
	const size = 32 << 20
	path := sparse(t, size)
	s := serve(t)
	c := NewClient()
	c.Digest = None
	before := counted(t)
	_, err := send(t, c, s.addr, path)
	require.NoError(t, err)
	require.NoError(t, s.record(t).Err)
	after := counted(t)
	for _, key := range []string{"rchar", "wchar"} {
		n := after[key] - before[key]
		require.InDelta(t, size, n, size/10, "%s: %d for %d bytes", key, n, size)
	}
}

func counted(t *testing.T) map[string]int64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip("needs /proc/self/io: ", err)
	}
	counts := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		counts[key], _ = strconv.ParseInt(value, 10, 64)
	}
	return counts
}

// sparse is a file of zeros that takes no room.
func sparse(t testing.TB, size int64) string {
	path := peer.File(t, "sparse", nil)
	require.NoError(t, os.Truncate(path, size))
	return path
}

// The memory of both ends stays as it is, whatever the size of the file:
// under 32 MiB resident. With UPLOAD_HEAVY the file has 4 GiB.
func TestMemory(t *testing.T) {
	t.Parallel()
	if about, _ := debug.ReadBuildInfo(); slices.Contains(about.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector's own memory would be measured")
	}
	size := int64(96 << 20)
	if heavy {
		size = 4 << 30
	}
	path := sparse(t, size)
	dir := filepath.Join(t.TempDir(), "up")
	server := start(t, "server", "DIR="+dir)
	client := start(t, "client", "FILE="+path, "ADDR="+server.Line(t), "PROTOCOL=2")
	require.Equal(t, "done", client.Line(t))
	is, err := os.Stat(filepath.Join(dir, "sparse"))
	require.NoError(t, err)
	require.Equal(t, size, is.Size())
	theirs, mine := peak(t, server), peak(t, client)
	t.Logf("%v: client %v, server %v resident at most, %s", Size(size), mine, theirs, runtime.Version())
	require.Less(t, theirs, Size(32<<20), "the server's memory")
	require.Less(t, mine, Size(32<<20), "the client's memory")
}

// peak is the most memory that a child has had resident at a time.
func peak(t *testing.T, c *peer.Child) Size {
	if exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", c.Process.Pid)); strings.Contains(exe, "/qemu-") {
		t.Skip("the emulator's memory would be measured")
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	require.NoError(t, err)
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	require.NotNil(t, m)
	kib, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return Size(kib << 10)
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

// A file system of 1 MiB fills up: known before the first byte, unfinished
// files give way, and what is refused leaves nothing behind.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("needs the right to mount a small tmpfs: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := serveIn(t, dir)

	c := NewClient()
	_, err := send(t, c, s.addr, peer.File(t, "big", peer.Noise(1, 2<<20)))
	require.ErrorIs(t, err, ErrRefused)
	require.ErrorContains(t, err, "the disk is full")
	s.record(t)

	old := peer.Dial(t, s.addr)
	old.Send(peer.Header1("big", 2<<20))
	require.Empty(t, old.Closed(), "a protocol 1 client was told something")
	s.record(t)

	// An unfinished file stands in the way of one that fits without it.
	half := peer.Dial(t, s.addr)
	half.Send(peer.Header2("half", 900<<10, SHA256))
	half.Receives(`{"status":"send","offset":0}`)
	half.Send(peer.Noise(2, 600<<10))
	half.Close()
	s.record(t)
	require.Len(t, s.unfinished(t), 1)
	data := peer.Noise(3, 800<<10)
	_, err = send(t, c, s.addr, peer.File(t, "fits", data))
	require.NoError(t, err)
	require.Empty(t, s.unfinished(t))
	require.Equal(t, map[string]string{"fits": string(data)}, s.visible(t))
}

// Without the reservation (other systems; file systems that have none) the
// disk fills up in the middle of a file. The client reads why, though it
// is still sending: no reset destroys the answer.
func TestDiskFillsUpUnderWay(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skip("needs the right to mount a small tmpfs: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := serveIn(t, dir)
	p := peer.Dial(t, s.addr)
	p.Send(peer.Header2("a", 12<<20, SHA256))
	p.Receives(`{"status":"send","offset":0}`)
	// The room that was reserved is taken away again, and filled.
	temp := filepath.Join(dir, upload.Waiting, s.unfinished(t)[0].Name())
	require.NoError(t, os.Truncate(temp, 0))
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
