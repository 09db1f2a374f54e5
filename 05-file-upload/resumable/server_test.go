package resumable

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
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

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

func TestProtocol2(t *testing.T) {
	s := serve(t)
	body := peer.Noise(1, 5000)
	p := s.offer(t, "a", int64(len(body)), 0)
	p.Send(body[:1000])
	p.Send(body[1000:], ending(body))
	p.Receives(`{"status":"stored"}`)
	require.Equal(t, map[string]string{"a": string(body)}, s.Visible(t))

	// The same connection goes on, also after files that are refused.
	for _, row := range []struct{ header, sent, digest, refused string }{
		{string(peer.Header2("a", 5000, SHA256)), "", "", "there already"},
		{string(peer.Header2("../a", 1, SHA256)), "", "", "path separator"},
		{string(peer.Header2("b", 1<<40, SHA256)), "", "", "too large"},
		{string(peer.Header2("b", 3, CRC32C)), "abc", "00000000", "digest differs"},
		{string(peer.Header2("b", 3, CRC32C)), "abc", "364b3fb7", ""}, // RFC 3720's polynomial
		{string(peer.Header2("c", 0, None)), "", "", ""},
	} {
		p.Send([]byte(row.header))
		if row.digest != "" || row.refused == "" {
			p.Receives(`{"status":"send","offset":0}`)
			p.Send([]byte(row.sent), peer.Frame(fmt.Sprintf(`{"digest":%q}`, row.digest)))
		}
		if row.refused == "" {
			p.Receives(`{"status":"stored"}`)
		} else {
			require.Contains(t, p.Refused(), row.refused)
		}
	}
	p.Send(peer.Header1("d", 1), []byte("d")) // and an old header asks for nothing
	p.CloseWrite()
	require.Empty(t, p.Closed())
	require.Equal(t, map[string]string{"a": string(body), "b": "abc", "c": "", "d": "d"}, s.Visible(t))
	require.Empty(t, s.Unfinished(t))
}

// What a client is told, and what the server's line says: of a header that it
// does not take, of none, and of a client that is lost, which is no refusal.
// Who did not ask for answers gets none, whatever goes wrong; who said version
// gets a reason, and then the end, for after a frame that cannot be read nobody
// knows where the next one begins. Each frees the only place.
func TestRecords(t *testing.T) {
	const refused, goesOn = ": sent a header that is refused: bad ", "; its next try may go on from there"
	s := serve(t, func(s *Server) { s.MaxConns, s.MaxSize = 1, 1000 })
	header1 := func(size int64) string { return string(peer.Header1("a", size)) }
	header2 := string(peer.Header2("b", 10, SHA256))
	for _, row := range []struct{ sent, told, line string }{
		{header1(3) + "abc", "", `: stored "a", 3 B in `},
		{header1(3) + "abc", "", `: stored "a (2)", 3 B in `},
		{string(peer.Header1("", 3)), "", refused + "name"},
		{string(peer.Header1("../a", 3)), "", `: refused "../a" after 0 B: bad name`},
		{header1(1001), "", `: refused "a" after 0 B: the file is too large`},
		{string(peer.Frame("junk")), "", refused + "header: not JSON"},
		{string(peer.Frame(`{"file_name":"a"}`)), "", refused + "header: file_size is missing"},
		{"GET / HTTP/1.1\r\n\r\n", "", refused + "header: a length of"},
		{"\x09\x00", "", ": sent no header: unexpected EOF"},
		{header1(10), "", `: lost "a" at 0 B: the client closed`},
		{header1(10) + "half", "", `: lost "a" at 4 B: the client closed`},
		{string(peer.Frame(`{"version":2}`)), "missing", refused + "header: modified is missing"},
		{string(peer.Frame(`{"version":3,"file_name":"a"}`)), "version", refused + "header: version is"},
		{string(peer.Header2("a", -1, SHA256)), "negative", refused + "header: file_size is negative"},
		{string(peer.Header2("b", 10, None)) + "half", "EOF", `: lost "b" at 4 B: the client closed`},
		{header2, "EOF", `: lost "b" at 0 B: the client closed`},
		{header2 + "half", "EOF", `: lost "b" at 4 B: the client closed` + goesOn},
		{string(peer.Header2("b", 4, SHA256)) + "full", "EOF", `: lost "b" at 4 B: the client closed` + goesOn},
		{string(peer.Header2("c", 3, SHA256)) + "abc\x00\x00\x00\x00", "length", `: refused "c" after 3 B: trailer: bad header`},
		{string(peer.Header2("d", 3, SHA256)) + "abc" + string(peer.Frame(`{}`)), "digest is missing", `: refused "d" after 3 B: trailer`},
	} {
		told := peer.Session(t, s.Addr, []byte(row.sent))
		require.Contains(t, told, row.told, "%q", row.sent)
		require.Equal(t, row.told == "", told == "", "%q is told %q", row.sent, told)
		r := s.Record(t)
		require.Contains(t, r.String(), row.line, "%q", row.sent)
		if strings.Contains(row.line, "lost") {
			require.Equal(t, r.Client.String()+row.line, r.String(), "%q", row.sent)
		}
	}
	require.Equal(t, map[string]string{"a": "abc", "a (2)": "abc"}, s.Visible(t))
	broken := Record{Offer: two("a", 10), Moved: 4, Err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}
	require.Contains(t, broken.String(), `: lost "a" at 4 B: the connection broke; its next try`)
	broken.Err = &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	require.Contains(t, broken.String(), `: refused "a" after 4 B: `)
}

// Two send the same name at once: the bytes of one, never of both.
func TestSameNameAtOnce(t *testing.T) {
	s := serve(t)
	data := []byte("0123456789")
	first := s.offer(t, "a", 10, 0)
	first.Send(data[:5])
	second := peer.Dial(t, s.Addr)
	second.Send(peer.Header2("a", 10, SHA256)) // the same name, size and time
	require.Contains(t, second.Refused(), "another client")
	peer.Session(t, s.Addr, peer.Header1("a", 5), []byte("third")) // an old client cannot be told
	first.Send(data[5:], ending(data))
	require.Contains(t, first.Refused(), "there already")
	require.Equal(t, map[string]string{"a": "third"}, s.Visible(t))
}

// Ctrl-C: the file under way is finished, and confirmed.
func TestGracefulStop(t *testing.T) {
	s := serve(t)
	data := []byte("0123456789")
	busy := s.offer(t, "a", 10, 0)
	go s.Stop()
	busy.Send(data, ending(data))
	busy.Receives(`{"status":"stored"}`)
	require.Empty(t, busy.Closed())
	require.Equal(t, map[string]string{"a": string(data)}, s.Visible(t))
}

// After ShutdownTimeout what is under way is cut, and can be resumed. The client
// reads why, though it never stops sending: no reset comes first.
func TestShutdownTimeoutEnds(t *testing.T) {
	s := serve(t, func(s *Server) { s.ShutdownTimeout = time.Millisecond })
	p := s.offer(t, "a", 1<<30, 0)
	p.Send(peer.Noise(1, 1<<20))
	require.Eventually(t, func() bool {
		for _, came := range s.Unfinished(t) {
			return came != ""
		}
		return false
	}, peer.Timeout, time.Millisecond, "nothing of it arrives")
	go s.Stop()
	require.Contains(t, p.Refused(), "stopping")
	p.Send(peer.Noise(2, 8<<20)) // still talking
	require.Empty(t, p.Closed())
	p.Close()
	require.NoError(t, s.Stop())
	require.Len(t, s.Unfinished(t), 1)
	require.Empty(t, s.Visible(t))
}

// A hundred at once, each getting its own file, and no descriptor is left open.
func TestManyClients(t *testing.T) {
	s := serve(t)
	var all sync.WaitGroup
	before := descriptors()
	want := map[string]string{}
	for i := range 100 {
		data := peer.Noise(uint64(i), 100<<10+i)
		path := peer.File(t, fmt.Sprintf("file %d", i), data)
		want[filepath.Base(path)] = string(data)
		all.Go(func() {
			if _, err := send(t, NewClient(), s.Addr, path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.True(t, maps.Equal(want, s.Visible(t)))
	require.Empty(t, s.Unfinished(t))
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
	s.Report = nil
	f.Fuzz(func(t *testing.T, data []byte) {
		peer.Session(t, s.Addr, data)
		next := s.offer(t, "next", 4, 0)
		next.Send([]byte("next"), ending([]byte("next")))
		next.Receives(`{"status":"stored"}`)
		next.Close()

		outside, err := os.ReadDir(filepath.Dir(s.Dir))
		require.NoError(t, err)
		require.Len(t, outside, 1, "files beside the folder")
		for name := range s.Visible(t) {
			require.NoError(t, upload.CheckName(name))
			require.NoError(t, os.Remove(filepath.Join(s.Dir, name)))
		}
	})
}

// All of a file is there, and its digest would take hours: a server that is to
// stop does not wait for it. When it began it kept this half, for which the
// usual server would not have had the room.
func TestStopDoesNotWaitForTheDigest(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file with nothing in it takes its space on Windows all the same")
	}
	const size int64 = 1 << 40
	dir := filepath.Join(t.TempDir(), "uploads")
	part := fmt.Sprintf("%x.part", sha256.Sum256(fmt.Appendf(nil, "%q %d %d", "a", size, 77))) // as Header2 has it
	require.NoError(t, os.MkdirAll(filepath.Join(dir, upload.Waiting), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, upload.Waiting, part), nil, 0o666))
	if err := os.Truncate(filepath.Join(dir, upload.Waiting, part), size); err != nil {
		t.Skip("no files of this size here: ", err)
	}
	s := serveIn(t, dir, func(s *Server) {
		s.ShutdownTimeout, s.MaxSize, s.Folder.KeepBytes = time.Millisecond, 2*size, 2*size
	})
	p := s.offer(t, "a", size, size)
	go s.Stop()
	require.Contains(t, p.Refused(), "stopping")
	p.Close()
	require.NoError(t, s.Stop())
	require.FileExists(t, filepath.Join(dir, upload.Waiting, part), "it can be resumed")
}

// ShutdownTimeout ends between the last byte and the trailer, which never comes:
// the deadline that cut has set is not renewed. The client does not read why,
// and does not close: it holds the server up for linger, and no longer.
func TestShutdownTimeoutEndsBeforeTheTrailer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, err := OpenFolder(filepath.Join(t.TempDir(), "up"))
		require.NoError(t, err)
		defer folder.Close()
		s := NewServer(folder)
		var rec Record
		s.Report = func(r Record) { rec = r }
		cut, cancel := context.WithCancel(t.Context())
		ours, theirs := net.Pipe()
		sent := append(peer.Header2("a", 10, None), "0123456789"...)
		go ours.Write(sent)
		go upload.ReadFrame(ours) // send
		began := time.Now()
		s.session(upload.NewSession(t.Context(), cut, &cutConn{theirs, len(sent), cancel}, s.Limits))
		theirs.Close()
		require.ErrorIs(t, rec.Err, upload.ErrStopping)
		require.Equal(t, linger, time.Since(began))
	})
}

// A cutConn has the last byte that it expects read at the moment when all
// deadlines are set to the past.
type cutConn struct {
	net.Conn
	left   int
	cancel func()
}

func (*cutConn) CloseWrite() error { return nil }

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left -= n; c.left == 0 {
		c.cancel()
		synctest.Wait()
	}
	return n, err
}
