package resumable

import (
	"crypto/sha256"
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
// a client start this binary again.
func TestMain(m *testing.M) {
	if run, is := children[os.Getenv("UPLOAD_CHILD")]; is {
		run()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// A fixture is a server of this package.
type fixture struct {
	*Server
	peer.Fixture[Record]
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
	f := &fixture{Server: NewServer(folder)}
	f.Report = f.Keep
	for _, change := range set {
		change(f.Server)
	}
	t.Cleanup(func() { folder.Close() })
	f.Start(t, dir, f.Serve)
	return f
}

// offer announces a file in protocol 2, and is told from where to send it.
func (f *fixture) offer(t testing.TB, name string, size, from int64) peer.Peer {
	t.Helper()
	p := peer.Dial(t, f.Addr)
	p.Send(peer.Header2(name, size, SHA256))
	p.Receives(fmt.Sprintf(`{"status":"send","offset":%d}`, from))
	return p
}

// ending is the trailer behind a file.
func ending(data []byte) []byte {
	return peer.Frame(fmt.Sprintf(`{"digest":"%x"}`, sha256.Sum256(data)))
}

// send sends the file at path with a Client.
func send(t testing.TB, c *Client, addr, path string) (Receipt, error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	r, err := sendOn(t, c, conn, path, filepath.Base(path))
	if err != nil {
		return r, err
	}
	return r, upload.Finish(conn, peer.Timeout)
}

func sendOn(t testing.TB, c *Client, conn net.Conn, path, as string) (Receipt, error) {
	t.Helper()
	src, err := upload.OpenSource(path)
	require.NoError(t, err)
	defer src.Close()
	return c.Send(conn, src, as)
}
