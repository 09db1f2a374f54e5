package resumable

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// TestMain is also the program of a child: the tests that kill a server or
// a client start this binary again.
func TestMain(m *testing.M) {
	if run, is := children[os.Getenv("UPLOAD_CHILD")]; is {
		run()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// A fixture is a server on a port of its own, with a folder of its own.
type fixture struct {
	*Server
	addr, dir string
	records   chan Record // what was reported
	stop      func() error
}

// serve starts a server for one test. Set changes it before it begins.
func serve(t testing.TB, set ...func(*Server)) *fixture {
	t.Helper()
	return serveIn(t, filepath.Join(t.TempDir(), "uploads"), set...)
}

func serveIn(t testing.TB, dir string, set ...func(*Server)) *fixture {
	t.Helper()
	folder, err := OpenFolder(dir)
	require.NoError(t, err)
	folder.Sync = nil // what a power cut does is not tested here
	folder.claimTimeout = 50 * time.Millisecond
	f := &fixture{Server: NewServer(folder), dir: dir, records: make(chan Record, 4096)}
	f.Report = func(r Record) { f.records <- r }
	for _, change := range set {
		change(f.Server)
	}
	t.Cleanup(func() { folder.Close() })
	f.addr, f.stop = peer.Serve(t, f.Serve)
	return f
}

// record is the next report of the server.
func (f *fixture) record(t testing.TB) Record { return peer.Next(t, f.records) }

// visible are the files that somebody who looks into the folder sees.
func (f *fixture) visible(t testing.TB) map[string]string {
	return peer.Tree(t, f.dir, upload.Waiting)
}

// unfinished are the names in the waiting room.
func (f *fixture) unfinished(t testing.TB) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(f.dir, upload.Waiting))
	require.NoError(t, err)
	return entries
}

// send sends the file at path with a Client.
func send(t testing.TB, c *Client, addr, path string) (Receipt, error) {
	t.Helper()
	src, err := upload.OpenSource(path)
	require.NoError(t, err)
	defer src.Close()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	r, err := c.Send(conn, src, src.Name)
	if err != nil {
		return r, err
	}
	return r, upload.Finish(conn, peer.Timeout)
}
