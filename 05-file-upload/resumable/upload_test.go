package resumable

import (
	"context"
	"fmt"
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
// a client, or measure its memory, start this binary again.
func TestMain(m *testing.M) {
	if run, is := children[os.Getenv("UPLOAD_CHILD")]; is {
		run()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// heavy says whether the long variants are to run: UPLOAD_HEAVY=1.
var heavy = os.Getenv("UPLOAD_HEAVY") != ""

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
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f.addr = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- f.Serve(ctx, ln) }()
	stopped := false
	f.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		select {
		case err := <-served:
			folder.Close()
			return err
		case <-time.After(peer.Timeout):
			return fmt.Errorf("Serve did not return in %v", peer.Timeout)
		}
	}
	t.Cleanup(func() { require.NoError(t, f.stop()) })
	return f
}

// record is the next report of the server.
func (f *fixture) record(t testing.TB) Record {
	t.Helper()
	select {
	case r := <-f.records:
		return r
	case <-time.After(peer.Timeout):
		t.Fatalf("the server reported no file in %v", peer.Timeout)
		return Record{}
	}
}

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
