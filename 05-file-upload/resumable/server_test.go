package resumable

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

func TestProtocol2(t *testing.T) {
	s := serve(t)
	body := peer.Noise(1, 5000)
	sum := fmt.Sprintf(`{"digest":"%x"}`, sha256.Sum256(body))
	p := peer.Dial(t, s.addr)
	p.Send(peer.Header2("a", int64(len(body)), SHA256))
	p.Receives(`{"status":"send","offset":0}`)
	p.Send(body[:1000])
	p.Send(body[1000:], peer.Frame(sum))
	p.Receives(`{"status":"stored"}`)
	require.Equal(t, map[string]string{"a": string(body)}, s.visible(t))

	// The same connection goes on, also after files that are refused.
	p.Send(peer.Header2("a", int64(len(body)), SHA256))
	require.Contains(t, p.Refused(), "there already")
	p.Send(peer.Header2("../a", 1, SHA256))
	require.Contains(t, p.Refused(), "path separator")
	p.Send(peer.Header2("b", 1<<40, SHA256))
	require.Contains(t, p.Refused(), "too large")
	p.Send(peer.Header2("b", 3, CRC32C))
	p.Receives(`{"status":"send","offset":0}`)
	p.Send([]byte("abc"), peer.Frame(`{"digest":"00000000"}`))
	require.Contains(t, p.Refused(), "digest differs")
	p.Send(peer.Header2("b", 3, CRC32C))
	p.Receives(`{"status":"send","offset":0}`)
	p.Send([]byte("abc"), peer.Frame(`{"digest":"364b3fb7"}`)) // RFC 3720's polynomial
	p.Receives(`{"status":"stored"}`)
	p.Send(peer.Header2("c", 0, None))
	p.Receives(`{"status":"send","offset":0}`)
	p.Send(peer.Frame(`{"digest":""}`))
	p.Receives(`{"status":"stored"}`)
	p.Send(peer.Header1("d", 1), []byte("d")) // and an old header asks for nothing
	p.CloseWrite()
	require.Empty(t, p.Closed())
	require.Empty(t, cmp.Diff(map[string]string{"a": string(body), "b": "abc", "c": "", "d": "d"}, s.visible(t)))
	require.Empty(t, s.unfinished(t))
}

// Who did not ask for answers gets none, whatever goes wrong; and what it
// sends is stored, file after file.
func TestProtocol1IsServedToo(t *testing.T) {
	s := serve(t, func(s *Server) { s.MaxSize = 1000 })
	good := peer.Dial(t, s.addr)
	good.Send(peer.Header1("a", 300), peer.Noise(1, 300), peer.Header1("b", 0), peer.Header1("a", 3), []byte("abc"))
	require.NoError(t, good.CloseWrite())
	require.Empty(t, good.Closed())
	require.Contains(t, s.record(t).String(), `: stored "a", 300 B in `)
	s.record(t)
	s.record(t)
	for _, sent := range [][]byte{
		peer.Header1("../a", 3), peer.Header1("a", 1001), append(peer.Header1("c", 3), "ab"...),
		peer.Frame("junk"), peer.Frame(`{"file_name":"a"}`), []byte("GET / HTTP/1.1\r\n\r\n"), {9, 0},
	} {
		p := peer.Dial(t, s.addr)
		p.Write(sent) // it may be cut off already
		p.CloseWrite()
		require.Empty(t, p.Closed(), "after %q", sent)
		require.Error(t, s.record(t).Err)
	}
	require.Equal(t, map[string]string{"a": string(peer.Noise(1, 300)), "b": "", "a (2)": "abc"}, peer.Tree(t, s.dir))
}

// Who said version gets a reason, and then the end: after a frame that
// cannot be read nobody knows where the next one begins.
func TestProtocol2IsToldWhy(t *testing.T) {
	s := serve(t)
	for sent, why := range map[string]string{
		string(peer.Frame(`{"version":2}`)):                                     "missing",
		string(peer.Frame(`{"version":3,"file_name":"a"}`)):                     "version",
		string(peer.Header2("a", -1, SHA256)):                                   "negative",
		string(peer.Header2("a", 3, SHA256)) + "abc" + "\x00\x00\x00\x00":       "length",
		string(peer.Header2("b", 3, SHA256)) + "abc" + string(peer.Frame(`{}`)): "digest is missing",
	} {
		p := peer.Dial(t, s.addr)
		p.Send([]byte(sent))
		if strings.Contains(sent, "abc") {
			p.Receives(`{"status":"send","offset":0}`)
		}
		require.Contains(t, p.Refused(), why)
		p.CloseWrite()
		require.Empty(t, p.Closed())
		require.Error(t, s.record(t).Err)
	}
	require.Empty(t, s.visible(t))
}

// Two send the same name at once: the bytes of one, never of both.
func TestSameNameAtOnce(t *testing.T) {
	s := serve(t)
	first := peer.Dial(t, s.addr)
	first.Send(peer.Header2("a", 10, SHA256))
	first.Receives(`{"status":"send","offset":0}`)
	first.Send([]byte("01234"))
	second := peer.Dial(t, s.addr)
	second.Send(peer.Header2("a", 10, SHA256)) // the same name, size and time
	require.Contains(t, second.Refused(), "another client")
	third := peer.Dial(t, s.addr)
	third.Send(peer.Header1("a", 5), []byte("third")) // an old client cannot be told
	third.CloseWrite()
	third.Closed()
	first.Send([]byte("56789"), peer.Frame(fmt.Sprintf(`{"digest":"%x"}`, sha256.Sum256([]byte("0123456789")))))
	require.Contains(t, first.Refused(), "there already")
	require.Equal(t, map[string]string{"a": "third"}, s.visible(t))

}

// Ctrl-C: the file under way is finished, and confirmed.
func TestGracefulStop(t *testing.T) {
	s := serve(t)
	busy := peer.Dial(t, s.addr)
	busy.Send(peer.Header2("a", 10, SHA256))
	busy.Receives(`{"status":"send","offset":0}`)
	stopped := make(chan error)
	go func() { stopped <- s.stop() }()
	busy.Send([]byte("0123456789"), peer.Frame(fmt.Sprintf(`{"digest":"%x"}`, sha256.Sum256([]byte("0123456789")))))
	busy.Receives(`{"status":"stored"}`)
	require.Empty(t, busy.Closed())
	busy.Close()
	require.NoError(t, <-stopped)
	require.Equal(t, map[string]string{"a": "0123456789"}, s.visible(t))
}

// After the grace what is under way is cut, and can be resumed. The client
// reads why, though it never stops sending: no reset comes first.
func TestGraceEnds(t *testing.T) {
	s := serve(t, func(s *Server) { s.ShutdownTimeout = time.Millisecond })
	p := peer.Dial(t, s.addr)
	p.Send(peer.Header2("a", 1<<30, SHA256))
	p.Receives(`{"status":"send","offset":0}`)
	p.Send(peer.Noise(1, 1<<20))
	require.Eventually(t, func() bool {
		is, err := s.unfinished(t)[0].Info()
		return err == nil && is.Size() > 0
	}, peer.Timeout, time.Millisecond, "nothing of it arrives")
	stopped := make(chan error)
	go func() { stopped <- s.stop() }()
	reason := p.Refused()
	require.Contains(t, reason, "stopping")
	p.Send(peer.Noise(2, 8<<20)) // still talking
	require.Empty(t, p.Closed())
	p.Close()
	require.NoError(t, <-stopped)
	require.Len(t, s.unfinished(t), 1)
	require.Empty(t, s.visible(t))
}

// A hundred at once, in both protocols, each getting its own file, and no
// descriptor is left open.
func TestManyClients(t *testing.T) {
	size := 100 << 10
	s := serve(t)
	var all sync.WaitGroup
	before := descriptors()
	errs := make(chan error, 100)
	for i := range 100 {
		path := peer.File(t, fmt.Sprintf("file %d", i), peer.Noise(uint64(i), size+i))
		all.Go(func() {
			_, err := send(t, NewClient(), s.addr, path)
			errs <- err
		})
	}
	all.Wait()
	for range 100 {
		require.NoError(t, <-errs)
		require.NoError(t, s.record(t).Err)
	}
	files := s.visible(t)
	require.Len(t, files, 100)
	for i := range 100 {
		require.Equal(t, string(peer.Noise(uint64(i), size+i)), files[fmt.Sprintf("file %d", i)])
	}
	require.Empty(t, s.unfinished(t))
	require.Eventually(t, func() bool { return descriptors() <= before+16 }, peer.Timeout, time.Millisecond,
		"%d descriptors before, the pipes of splice are at most a few more", before)
}

// descriptors counts what this process has open; 0 where nobody can tell.
func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// Arbitrary bytes against a live server: it does not panic, writes nothing
// outside its folder and nothing unfinished into it, and serves the next.
func FuzzSession(f *testing.F) {
	f.Add(append(peer.Header1("a", 3), "abc"...))
	f.Add(bytes.Join([][]byte{peer.Header1("a", 3), []byte("abc"), peer.Header2("b", 0, None), peer.Frame(`{"digest":""}`)}, nil))
	f.Add(append(peer.Header1("../../x", 3), "abc"...))
	f.Add(append(peer.Header2("a", 3, CRC32C), "abc\x15\x00\x00\x00{\"digest\":\"364b3fb7\"}"...))
	f.Add([]byte("\xff\xff\xff\xff"))
	s := serve(f, func(s *Server) { s.IdleTimeout, s.MaxSize, s.MaxConns = 100*time.Millisecond, 1<<20, 1 })
	s.Report = func(Record) {}
	parent := filepath.Dir(s.dir)
	f.Fuzz(func(t *testing.T, data []byte) {
		p := peer.Dial(t, s.addr)
		p.Write(data)
		p.CloseWrite()
		p.Closed()
		p.Close()

		next := peer.Dial(t, s.addr)
		next.Send(peer.Header2("next", 4, CRC32C))
		next.Receives(`{"status":"send","offset":0}`)
		next.Send([]byte("next"), peer.Frame(`{"digest":"0aa4c6e7"}`))
		next.Frame()
		next.Close()

		outside, err := os.ReadDir(parent)
		require.NoError(t, err)
		require.Len(t, outside, 1, "files beside the folder")
		entries, err := os.ReadDir(s.dir)
		require.NoError(t, err)
		for _, e := range entries {
			if e.Name() != upload.Waiting {
				require.NoError(t, upload.CheckName(e.Name()))
				require.NoError(t, os.Remove(filepath.Join(s.dir, e.Name())))
			}
		}
	})
}

// The server's line for a header that it does not take, for none, and for a
// client that is lost: it has refused nothing. Each frees the only place.
func TestRecords(t *testing.T) {
	s := serve(t, func(s *Server) { s.MaxConns = 1 })
	for _, row := range []struct {
		sent []byte
		says string
	}{
		{peer.Frame(`{"version":3,"file_name":"a"}`), ": sent a header that is refused: bad header: version is"},
		{peer.Header1("", 3), ": sent a header that is refused: bad name"},
		{[]byte("GET / HTTP/1.1\r\n\r\n"), ": sent a header that is refused: bad header: a length of"},
		{[]byte("\x09\x00"), ": sent no header: unexpected EOF"},
		{peer.Header1("a", 10), `: lost "a" at 0 B: the client closed`},
		{append(peer.Header1("a", 10), "half"...), `: lost "a" at 4 B: the client closed`},
		{append(peer.Header2("a", 10, None), "half"...), `: lost "a" at 4 B: the client closed`},
		{peer.Header2("a", 10, SHA256), `: lost "a" at 0 B: the client closed`},
		{append(peer.Header2("a", 10, SHA256), "half"...), `: lost "a" at 4 B: the client closed; its next try goes on from there`},
		{append(peer.Header2("b", 4, SHA256), "full"...), `: lost "b" at 4 B: the client closed; its next try goes on from there`},
	} {
		p := peer.Dial(t, s.addr)
		p.Send(row.sent)
		p.CloseWrite()
		p.Closed()
		r := s.record(t)
		if strings.Contains(row.says, "lost") {
			require.Equal(t, r.Client.String()+row.says, r.String(), "%q", row.sent)
		}
		require.Contains(t, r.String(), row.says, "%q", row.sent)
	}
	broken := Record{Offer: two("a", 10), Moved: 4, Err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}
	require.Contains(t, broken.String(), `: lost "a" at 4 B: the connection broke; its next try`)
	broken.Err = &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	require.Contains(t, broken.String(), `: refused "a" after 4 B: `)
}

// unfinishedFile puts size bytes into dir, none of which is on the disk,
// as what has come of the file that header2 announces.
func unfinishedFile(t *testing.T, dir, name string, size int64) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a file with nothing in it takes its space on Windows all the same")
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, upload.Waiting), 0o777))
	part := fmt.Sprintf("%x.part", sha256.Sum256(fmt.Appendf(nil, "%q %d %d", name, size, 77)))
	f, err := os.Create(filepath.Join(dir, upload.Waiting, part))
	require.NoError(t, err)
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Skip("no files of this size here: ", err)
	}
}

// All of a file is there, and its digest would take an hour: a server that
// is to stop does not wait for it.
func TestStopDoesNotWaitForTheDigest(t *testing.T) {
	const size = 1 << 40
	dir := filepath.Join(t.TempDir(), "uploads")
	unfinishedFile(t, dir, "a", size)
	s := serveIn(t, dir, func(s *Server) {
		s.ShutdownTimeout, s.MaxSize, s.Folder.KeepBytes = time.Millisecond, 2*size, 2*size
	})
	p := peer.Dial(t, s.addr)
	p.Send(peer.Header2("a", size, SHA256))
	p.Receives(fmt.Sprintf(`{"status":"send","offset":%d}`, int64(size)))
	stopped := make(chan error)
	go func() { stopped <- s.stop() }()
	require.Contains(t, p.Refused(), "stopping")
	p.Close()
	require.NoError(t, <-stopped)
	require.Len(t, s.unfinished(t), 1, "it can be resumed")
}

// The grace ends between the last byte and the trailer, which never comes:
// the deadline that cut has set is not renewed.
func TestGraceEndsBeforeTheTrailer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, err := OpenFolder(filepath.Join(t.TempDir(), "up"))
		require.NoError(t, err)
		defer folder.Close()
		s := NewServer(folder)
		var rec Record
		s.Report = func(r Record) { rec = r }
		cut, cancel := context.WithCancel(t.Context())
		ours, theirs := net.Pipe()
		defer ours.Close()
		sent := append(peer.Header2("a", 10, SHA256), "0123456789"...)
		conn := &cutConn{theirs, len(sent), cancel, make(chan struct{})}
		began := time.Now()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.session(upload.NewSession(t.Context(), cut, conn, s.Limits))
		}()
		go io.Copy(io.Discard, ours)
		ours.Write(sent)
		<-ended
		require.ErrorIs(t, rec.Err, upload.ErrStopping)
		require.LessOrEqual(t, time.Since(began), linger)
	})
}

// A cutConn has the last byte that it expects read at the moment when all
// deadlines are set to the past.
type cutConn struct {
	net.Conn
	left   int
	cancel func()
	past   chan struct{}
}

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left -= n; c.left == 0 {
		c.cancel()
		<-c.past
	}
	return n, err
}

func (c *cutConn) SetDeadline(t time.Time) error {
	defer close(c.past)
	return c.Conn.SetDeadline(t)
}

// A server that keeps files larger than the usual ones keeps their halves
// when it starts again.
func TestStartKeepsLargeHalves(t *testing.T) {
	const size = 9 << 30
	dir := filepath.Join(t.TempDir(), "uploads")
	unfinishedFile(t, dir, "a", size)
	s := serveIn(t, dir, func(s *Server) {
		s.ShutdownTimeout, s.MaxSize, s.Folder.KeepBytes = time.Millisecond, 20<<30, 20<<30
	})
	p := peer.Dial(t, s.addr)
	p.Send(peer.Header2("a", size, SHA256))
	p.Receives(fmt.Sprintf(`{"status":"send","offset":%d}`, int64(size)))
}
