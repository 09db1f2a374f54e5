package upload

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain is also the program of a child: the tests that kill a server or
// a client, or measure its memory, start this binary again.
func TestMain(m *testing.M) {
	if run, is := children[os.Getenv("UPLOAD_CHILD")]; is {
		run()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		removePrograms()
		os.Exit(code)
	}))
}

// heavy says whether the long variants are to run: UPLOAD_HEAVY=1.
var heavy = os.Getenv("UPLOAD_HEAVY") != ""

// patience bounds every wait of a test's own ends.
const patience = 20 * time.Second

// A fixture is a server on a port of its own, with a folder of its own.
type fixture struct {
	*Server
	addr    string
	dir     string      // where files land
	records chan Record // what was reported
	stop    func() error
}

// serve starts a server for one test. Set changes it before it begins.
func serve(t testing.TB, set ...func(*Server)) *fixture {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "uploads")
	return serveIn(t, dir, set...)
}

func serveIn(t testing.TB, dir string, set ...func(*Server)) *fixture {
	t.Helper()
	folder, err := OpenFolder(dir)
	require.NoError(t, err)
	folder.NoSync = true // what a power cut does is not tested here
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
		case <-time.After(patience):
			return fmt.Errorf("Serve did not return in %v", patience)
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
	case <-time.After(patience):
		t.Fatalf("the server reported no file in %v", patience)
		return Record{}
	}
}

// visible are the files that somebody who looks into the folder sees.
func (f *fixture) visible(t testing.TB) map[string]string {
	t.Helper()
	seen := map[string]string{}
	entries, err := os.ReadDir(f.dir)
	require.NoError(t, err)
	for _, e := range entries {
		if e.Name() == waiting {
			continue
		}
		data, err := os.ReadFile(filepath.Join(f.dir, e.Name()))
		require.NoError(t, err)
		seen[e.Name()] = string(data)
	}
	return seen
}

// unfinished are the names in the waiting room.
func (f *fixture) unfinished(t testing.TB) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(f.dir, waiting))
	require.NoError(t, err)
	return entries
}

// A peer is a client of few manners: it sends what the test wants.
type peer struct {
	*net.TCPConn
	t testing.TB
}

func dial(t testing.TB, addr string) peer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return peer{conn.(*net.TCPConn), t}
}

func (p peer) say(parts ...[]byte) {
	p.t.Helper()
	for _, part := range parts {
		_, err := p.Write(part)
		require.NoError(p.t, err)
	}
}

// hears reads one frame and compares it.
func (p peer) hears(want string) {
	p.t.Helper()
	require.JSONEq(p.t, want, string(p.frame()))
}

func (p peer) frame() []byte {
	p.t.Helper()
	var prefix [4]byte
	_, err := io.ReadFull(p, prefix[:])
	require.NoError(p.t, err, "waiting for an answer")
	data := make([]byte, binary.LittleEndian.Uint32(prefix[:]))
	_, err = io.ReadFull(p, data)
	require.NoError(p.t, err)
	return data
}

// refused reads a refusal and gives its reason.
func (p peer) refused() string {
	p.t.Helper()
	var a struct{ Status, Error string }
	require.NoError(p.t, json.Unmarshal(p.frame(), &a))
	require.Equal(p.t, "refused", a.Status)
	return a.Error
}

// hungUp waits for the server's end, and gives all that it still said.
func (p peer) hungUp() string {
	p.t.Helper()
	var rest bytes.Buffer
	_, err := io.Copy(&rest, p)
	if err != nil {
		require.NotErrorIs(p.t, err, os.ErrDeadlineExceeded, "the server does not hang up")
	}
	return rest.String()
}

// frame is text with its length in front.
func frame(text string) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...)
}

// header1 is the header of a protocol 1 client, as Python writes it.
func header1(name string, size int64) []byte {
	return frame(fmt.Sprintf(`{"file_name": %q, "file_size": %d, "msg": "hi"}`, name, size))
}

func header2(name string, size int64, digest string) []byte {
	return frame(fmt.Sprintf(`{"file_name":%q,"file_size":%d,"msg":"","version":2,"modified":77,"digest":%q}`,
		name, size, digest))
}

// noise is n bytes that do not repeat, the same ones for the same seed.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	data := make([]byte, n)
	rand.NewChaCha8(key).Read(data)
	return data
}

// file puts data into a file and gives its path.
func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o666))
	return path
}

// send sends the file at path with a Client.
func send(t testing.TB, c *Client, addr, path string) (Receipt, error) {
	t.Helper()
	src, err := OpenSource(path)
	require.NoError(t, err)
	defer src.Close()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	r, err := c.Send(conn, src, src.Name)
	if err != nil {
		return r, err
	}
	return r, HangUp(conn, patience)
}
