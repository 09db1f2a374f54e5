package upload

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/dialtone/05-file-upload/internal/peer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fixture is a server of this package.
type fixture struct {
	Server
	peer.Fixture[Record]
}

func openStore(t testing.TB) (*Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "uploads")
	store, err := OpenStore(dir)
	require.NoError(t, err)
	t.Cleanup(func() { store.Root.Close() })
	return store, dir
}

// serve starts a server for one test. Set changes it before it begins.
func serve(t testing.TB, set ...func(*Server)) *fixture {
	t.Helper()
	store, dir := openStore(t)
	store.Sync = nil // what a power cut does is not tested here
	f := &fixture{}
	f.Server = Server{DefaultLimits(), store, f.Keep}
	for _, change := range set {
		change(&f.Server)
	}
	f.Start(t, dir, f.Serve)
	return f
}

// send sends the file at path with a Client.
func send(t testing.TB, c Client, addr, path string) error {
	t.Helper()
	src, err := OpenSource(path)
	require.NoError(t, err)
	defer src.Close()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	if err := c.Send(conn, src, src.Name); err != nil {
		return err
	}
	return Finish(conn, peer.Timeout)
}

// Every size around a step.
func TestSend(t *testing.T) {
	s := serve(t)
	for _, size := range []int{0, 1, 2, 300, step - 1, step, step + 1, 2*step + 5} {
		data := peer.Noise(uint64(size), size)
		c, last := NewClient(), int64(-1)
		c.Progress = func(n int64) {
			require.GreaterOrEqual(t, n, last, "progress")
			last = n
		}
		require.NoError(t, send(t, c, s.Addr, peer.File(t, "a.bin", data)))
		require.EqualValues(t, size, last)
		require.NoError(t, s.Record(t).Err)
		require.True(t, s.Visible(t)["a.bin"] == string(data), "%d bytes", size)
		require.NoError(t, os.Remove(filepath.Join(s.Dir, "a.bin")))
	}
}

// What cannot be said in a header is not sent.
func TestSendChecksFirst(t *testing.T) {
	src, err := OpenSource(peer.File(t, "a", nil))
	require.NoError(t, err)
	defer src.Close()
	ours, theirs := net.Pipe() // nobody reads: a Write would hang
	defer ours.Close()
	defer theirs.Close()
	c := NewClient()
	require.ErrorIs(t, c.Send(ours, src, "../a"), ErrName)
	c.Msg = "\xff"
	require.ErrorContains(t, c.Send(ours, src, "a"), "not UTF-8")
	c.Msg = fmt.Sprintf("%*s", MaxHeader, "")
	require.ErrorIs(t, c.Send(ours, src, "a"), ErrHeader)
}

// A refusal is a closed connection, and that is reported.
func TestRefused(t *testing.T) {
	s := serve(t, func(s *Server) { s.MaxSize = 10 })
	require.Error(t, send(t, NewClient(), s.Addr, peer.File(t, "a", make([]byte, 32<<20))))
	require.ErrorIs(t, s.Record(t).Err, ErrTooLarge)
	require.Empty(t, s.Visible(t))
}

// A file that does not hold still is reported, and never stored, not even by
// a server that only counts.
func TestSourceChangesUnderWay(t *testing.T) {
	s := serve(t)
	for what, change := range map[string]func(f *os.File) error{
		"shrinks": func(f *os.File) error { return f.Truncate(step + 1) },
		"grows":   func(f *os.File) error { return f.Truncate(4 * step) },
		"is written over": func(f *os.File) error {
			if _, err := f.WriteAt([]byte("new"), 0); err != nil {
				return err
			}
			return os.Chtimes(f.Name(), time.Time{}, time.Unix(1, 0))
		},
	} {
		path := peer.File(t, "a", peer.Noise(1, 2*step+100))
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		require.NoError(t, err)
		c := NewClient()
		c.Progress = func(n int64) {
			if n == step {
				require.NoError(t, change(f))
			}
		}
		require.ErrorIs(t, send(t, c, s.Addr, path), ErrChanged, "it %s", what)
		f.Close()
		require.Error(t, s.Record(t).Err)
		require.Empty(t, s.Visible(t))
	}
}
