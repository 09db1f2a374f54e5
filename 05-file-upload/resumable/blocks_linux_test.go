package resumable

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// blocks is what a file takes on disk, in bytes.
func blocks(is os.FileInfo) int64 { return is.Sys().(*syscall.Stat_t).Blocks * 512 }

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
	defer s.stop()

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
	defer s.stop()
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
