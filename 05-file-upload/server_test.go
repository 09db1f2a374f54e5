package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// What an old client sends: any number of files on a connection, one right
// behind the other, and not a byte comes back.
func TestProtocol1(t *testing.T) {
	s := serve(t)
	p := dial(t, s.addr)
	p.say(header1("a", 300), noise(1, 300), header1("b", 0), header1("电影", 5000), noise(2, 5000))
	require.NoError(t, p.CloseWrite())
	require.Empty(t, p.hungUp())
	require.Empty(t, cmp.Diff(map[string]string{
		"a": string(noise(1, 300)), "b": "", "电影": string(noise(2, 5000)),
	}, s.visible(t)))
	require.Empty(t, s.unfinished(t))
	r := s.record(t)
	require.NoError(t, r.Err)
	require.Contains(t, r.String(), `stored "a", 300 B in `)
}

// 500 random pairs on one connection, in pieces of random sizes: the first
// file ends where it ends, and the second begins there.
func TestPairsBackToBack(t *testing.T) {
	t.Parallel()
	s := serve(t)
	r := rand.New(rand.NewPCG(1, 2))
	sizes := []int{0, 1, 2, 3, 4, 300, 1023, 1024, 1025, 5000, 10240}
	size := func() int {
		if r.IntN(3) > 0 {
			return sizes[r.IntN(len(sizes))]
		}
		return r.IntN(20000)
	}
	for pair := range 500 {
		a, b := noise(uint64(2*pair), size()), noise(uint64(2*pair+1), size())
		stream := bytes.Join([][]byte{header1("a", int64(len(a))), a, header1("b", int64(len(b))), b}, nil)
		p := dial(t, s.addr)
		for len(stream) > 0 {
			n := min(1+r.IntN(4000), len(stream))
			p.say(stream[:n])
			stream = stream[n:]
		}
		require.NoError(t, p.CloseWrite())
		require.Empty(t, p.hungUp())
		p.Close()
		require.Equal(t, map[string]string{"a": string(a), "b": string(b)}, s.visible(t))
		for _, name := range []string{"a", "b"} {
			require.NoError(t, os.Remove(filepath.Join(s.dir, name)))
			require.NoError(t, s.record(t).Err)
		}
	}
}

// Length, JSON and body one byte at a time.
func TestOneByteAtATime(t *testing.T) {
	s := serve(t)
	body := noise(1, 500)
	p := dial(t, s.addr)
	for _, b := range bytes.Join([][]byte{header1("a", int64(len(body))), body}, nil) {
		p.say([]byte{b})
	}
	p.CloseWrite()
	p.hungUp()
	require.Equal(t, map[string]string{"a": string(body)}, s.visible(t))
}

func TestProtocol2(t *testing.T) {
	s := serve(t)
	body := noise(1, 5000)
	sum := fmt.Sprintf(`{"digest":"%x"}`, sha256.Sum256(body))
	p := dial(t, s.addr)
	p.say(header2("a", int64(len(body)), SHA256))
	p.hears(`{"status":"send","offset":0}`)
	p.say(body[:1000])
	p.say(body[1000:], frame(sum))
	p.hears(`{"status":"stored"}`)
	require.Equal(t, map[string]string{"a": string(body)}, s.visible(t))

	// The same connection goes on, also after files that are refused.
	p.say(header2("a", int64(len(body)), SHA256))
	require.Contains(t, p.refused(), "there already")
	p.say(header2("../a", 1, SHA256))
	require.Contains(t, p.refused(), "path separator")
	p.say(header2("b", 1<<40, SHA256))
	require.Contains(t, p.refused(), "too large")
	p.say(header2("b", 3, CRC32C))
	p.hears(`{"status":"send","offset":0}`)
	p.say([]byte("abc"), frame(`{"digest":"00000000"}`))
	require.Contains(t, p.refused(), "digest differs")
	p.say(header2("b", 3, CRC32C))
	p.hears(`{"status":"send","offset":0}`)
	p.say([]byte("abc"), frame(`{"digest":"364b3fb7"}`)) // RFC 3720's polynomial
	p.hears(`{"status":"stored"}`)
	p.say(header2("c", 0, None))
	p.hears(`{"status":"send","offset":0}`)
	p.say(frame(`{"digest":""}`))
	p.hears(`{"status":"stored"}`)
	p.say(header1("d", 1), []byte("d")) // and an old header asks for nothing
	p.CloseWrite()
	require.Empty(t, p.hungUp())
	require.Empty(t, cmp.Diff(map[string]string{"a": string(body), "b": "abc", "c": "", "d": "d"}, s.visible(t)))
	require.Empty(t, s.unfinished(t))
}

// Who did not ask for answers gets none, whatever goes wrong.
func TestProtocol1IsNeverAnswered(t *testing.T) {
	s := serve(t, func(s *Server) { s.MaxSize = 1000 })
	for _, sent := range [][]byte{
		header1("../a", 3), header1("a", 1001), header1("", 3),
		frame("junk"), frame("[]"), frame(`{"file_name":"a"}`), frame(`{"file_name":"a","file_size":-1,"msg":""}`),
		[]byte("GET / HTTP/1.1\r\n\r\n"), {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {1, 0, 1, 0}, {9, 0},
	} {
		p := dial(t, s.addr)
		p.Write(sent) // it may be cut off already
		p.CloseWrite()
		require.Empty(t, p.hungUp(), "after %q", sent)
		require.Error(t, s.record(t).Err)
	}
	require.Empty(t, s.visible(t))
}

// Who said version gets a reason, and then the end: after a frame that
// cannot be read nobody knows where the next one begins.
func TestProtocol2IsToldWhy(t *testing.T) {
	s := serve(t)
	for sent, why := range map[string]string{
		string(frame(`{"version":2}`)):                                "missing",
		string(frame(`{"version":3,"file_name":"a"}`)):                "version",
		string(header2("a", -1, SHA256)):                              "negative",
		string(header2("a", 3, SHA256)) + "abc" + "\x00\x00\x00\x00":  "length",
		string(header2("b", 3, SHA256)) + "abc" + string(frame(`{}`)): "digest is missing",
	} {
		p := dial(t, s.addr)
		p.say([]byte(sent))
		if strings.Contains(sent, "abc") {
			p.hears(`{"status":"send","offset":0}`)
		}
		require.Contains(t, p.refused(), why)
		p.CloseWrite()
		require.Empty(t, p.hungUp())
		require.Error(t, s.record(t).Err)
	}
	require.Empty(t, s.visible(t))
}

// One place, and clients who die in it at every stage, by hanging up and
// by slamming the phone: each time the next one is served.
func TestDeadClientsFreeTheirPlace(t *testing.T) {
	s := serve(t, func(s *Server) { s.MaxConns = 1 })
	for _, slam := range []bool{false, true} {
		for _, sent := range [][]byte{
			{}, {9}, header1("dead", 10)[:20], header1("dead", 10), append(header1("dead", 10), "half"...),
			header2("dead", 10, SHA256), append(header2("dead", 10, SHA256), "half"...),
			append(header2("dead", 10, SHA256), "0123456789"...),
		} {
			p := dial(t, s.addr)
			p.say(sent)
			if slam {
				p.SetLinger(0)
			}
			p.Close()
			next := dial(t, s.addr)
			next.say(header1("next", 4), []byte("next"))
			next.CloseWrite()
			next.hungUp()
			require.Equal(t, map[string]string{"next": "next"}, s.visible(t))
			require.NoError(t, os.Remove(filepath.Join(s.dir, "next")))
		}
	}
}

// Silence, and a byte now and then, before and inside the header and the
// body, end within bounds.
func TestSilenceAndDrip(t *testing.T) {
	for i, sent := range [][]byte{
		{}, {9, 0}, header1("a", 10)[:10], append(header1("a", 1<<20), "half"...),
		header2("b", 10, SHA256), append(header2("b", 10, SHA256), "0123456789"...),
	} {
		for _, drip := range []bool{false, true} {
			t.Run(fmt.Sprint(i, drip), func(t *testing.T) {
				t.Parallel()
				s := serve(t, func(s *Server) { s.MaxConns, s.Idle = 1, 100*time.Millisecond })
				p := dial(t, s.addr)
				p.say(sent)
				for drip {
					time.Sleep(5 * time.Millisecond) // 200 bytes a second of 65,536
					if _, err := p.Write([]byte{' '}); err != nil {
						break
					}
				}
				p.hungUp()
				require.Empty(t, s.visible(t))
			})
		}
	}
}

// Slow, but fast enough: a step that its deadline interrupts goes on. A
// little slower, and it is cut off. Both on a clock of their own.
func TestSlowButSteady(t *testing.T) {
	for _, row := range []struct {
		pause  time.Duration // before each byte
		stored bool
	}{
		{500 * time.Millisecond, true}, {950 * time.Millisecond, true}, {1050 * time.Millisecond, false}, {20 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			folder, err := OpenFolder(filepath.Join(t.TempDir(), "up"))
			require.NoError(t, err)
			defer folder.Close()
			s := NewServer(folder)
			s.Idle, s.LowestRate = 60*time.Second, 1 // 60 bytes in 60 s
			var rec Record
			s.Report = func(r Record) { rec = r }
			ours, theirs := net.Pipe()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				s.session(t.Context(), t.Context(), theirs)
			}()
			body := noise(1, 400)
			ours.Write(header1("a", int64(len(body))))
			for _, b := range body {
				time.Sleep(row.pause)
				if _, err := ours.Write([]byte{b}); err != nil {
					break
				}
			}
			ours.Close()
			<-ended
			if row.stored {
				require.NoError(t, rec.Err, "a byte every %v", row.pause)
				require.Equal(t, "a", rec.Stored)
			} else {
				require.ErrorIs(t, rec.Err, ErrSlow, "a byte every %v", row.pause)
			}
		})
	}
}

// Two send the same name at once: the bytes of one, never of both.
func TestSameNameAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t)
	first := dial(t, s.addr)
	first.say(header2("a", 10, SHA256))
	first.hears(`{"status":"send","offset":0}`)
	first.say([]byte("01234"))
	second := dial(t, s.addr)
	second.say(header2("a", 10, SHA256)) // the same name, size and time
	require.Contains(t, second.refused(), "somebody else")
	third := dial(t, s.addr)
	third.say(header1("a", 5), []byte("third")) // an old client cannot be told
	third.CloseWrite()
	third.hungUp()
	first.say([]byte("56789"), frame(fmt.Sprintf(`{"digest":"%x"}`, sha256.Sum256([]byte("0123456789")))))
	require.Contains(t, first.refused(), "there already")
	require.Equal(t, map[string]string{"a": "third"}, s.visible(t))

	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			p := dial(t, s.addr)
			p.Write(header1("b", 100000))
			p.Write(bytes.Repeat([]byte{byte('a' + i)}, 100000))
			p.CloseWrite()
			p.hungUp()
		})
	}
	all.Wait()
	files := s.visible(t)
	require.Len(t, files, 1+20)
	for name, data := range files {
		if name != "a" {
			require.Equal(t, strings.Repeat(data[:1], 100000), data, name)
		}
	}
}

// Ctrl-C: the file under way is finished, the idle go, nobody else comes.
func TestGracefulStop(t *testing.T) {
	s := serve(t)
	idle := dial(t, s.addr)
	idle.say(header1("z", 1), []byte("z"))
	s.record(t)
	busy := dial(t, s.addr)
	busy.say(header2("a", 10, SHA256))
	busy.hears(`{"status":"send","offset":0}`)
	stopped := make(chan error)
	go func() { stopped <- s.stop() }()
	require.Empty(t, idle.hungUp())
	busy.say([]byte("0123456789"), frame(fmt.Sprintf(`{"digest":"%x"}`, sha256.Sum256([]byte("0123456789")))))
	busy.hears(`{"status":"stored"}`)
	require.Empty(t, busy.hungUp())
	busy.Close()
	require.NoError(t, <-stopped)
	require.Equal(t, map[string]string{"a": "0123456789", "z": "z"}, s.visible(t))
}

// When ctx ends the listener is closed before an idle connection is sent
// away: its client, who may come back at once, is not let in again.
func TestListenerIsClosedFirst(t *testing.T) {
	folder, _ := openFolder(t)
	ours, theirs := net.Pipe()
	defer ours.Close()
	events := make(chan string, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ln := &watchedListener{conns: make(chan net.Conn, 1), closed: make(chan struct{}), events: events}
	ln.conns <- &watchedConn{theirs, events, cancel}
	require.NoError(t, NewServer(folder).Serve(ctx, ln))
	require.Equal(t, "the listener is closed", <-events)
	require.Equal(t, "the connection is closed", <-events)
}

type watchedListener struct {
	net.Listener
	conns  chan net.Conn
	closed chan struct{}
	events chan string
	once   sync.Once
}

func (l *watchedListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *watchedListener) Close() error {
	l.once.Do(func() {
		time.Sleep(10 * time.Millisecond) // a slow one: the others must wait
		l.events <- "the listener is closed"
		close(l.closed)
	})
	return nil
}

// A watchedConn has its server stopped as soon as that waits for a header.
type watchedConn struct {
	net.Conn
	events chan string
	cancel func()
}

func (c *watchedConn) Read(p []byte) (int, error) {
	c.cancel()
	return c.Conn.Read(p)
}

func (c *watchedConn) Close() error {
	c.events <- "the connection is closed"
	return c.Conn.Close()
}

// After the grace what is under way is cut, and can be resumed. The client
// reads why, though it never stops sending: no reset comes first.
func TestGraceEnds(t *testing.T) {
	s := serve(t, func(s *Server) { s.Grace = time.Millisecond })
	p := dial(t, s.addr)
	p.say(header2("a", 1<<30, SHA256))
	p.hears(`{"status":"send","offset":0}`)
	p.say(noise(1, 1<<20))
	require.Eventually(t, func() bool {
		is, err := s.unfinished(t)[0].Info()
		return err == nil && is.Size() > 0
	}, patience, time.Millisecond, "nothing of it arrives")
	stopped := make(chan error)
	go func() { stopped <- s.stop() }()
	reason := p.refused()
	require.Contains(t, reason, "stopping")
	p.say(noise(2, 8<<20)) // still talking
	require.Empty(t, p.hungUp())
	p.Close()
	require.NoError(t, <-stopped)
	require.Len(t, s.unfinished(t), 1)
	require.Empty(t, s.visible(t))
}

func TestNextCallerWaits(t *testing.T) {
	s := serve(t, func(s *Server) { s.MaxConns = 1 })
	first := dial(t, s.addr)
	first.say(header1("a", 1))
	second := dial(t, s.addr)
	second.say(header1("b", 1), []byte("b"))
	second.CloseWrite()
	first.say([]byte("a"))
	require.Equal(t, "a", s.record(t).Stored)
	first.Close()
	require.Empty(t, second.hungUp())
	require.Equal(t, "b", s.record(t).Stored)
}

// Out of descriptors is no reason to stop, nor to spin.
func TestAcceptBearsTrouble(t *testing.T) {
	broken := errors.New("broken")
	ln := &sickListener{errs: []error{passing[0], &net.OpError{Op: "accept", Err: passing[1]}, broken}}
	folder, _ := openFolder(t)
	began := time.Now()
	require.ErrorIs(t, NewServer(folder).Serve(t.Context(), ln), broken)
	require.GreaterOrEqual(t, time.Since(began), 15*time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, NewServer(folder).Serve(ctx, &sickListener{}))
}

type sickListener struct{ errs []error }

func (l *sickListener) Accept() (net.Conn, error) {
	if len(l.errs) == 0 {
		return nil, passing[0]
	}
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, err
}
func (*sickListener) Close() error   { return nil }
func (*sickListener) Addr() net.Addr { return &net.TCPAddr{} }

// A hundred at once, in both protocols, each getting its own file, and no
// descriptor is left open.
func TestManyClients(t *testing.T) {
	size := 100 << 10
	s := serve(t)
	var all sync.WaitGroup
	before := descriptors()
	errs := make(chan error, 100)
	for i := range 100 {
		path := file(t, fmt.Sprintf("file %d", i), noise(uint64(i), size+i))
		all.Go(func() {
			c := NewClient()
			c.Protocol = 1 + i%2
			_, err := send(t, c, s.addr, path)
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
		require.Equal(t, string(noise(uint64(i), size+i)), files[fmt.Sprintf("file %d", i)])
	}
	require.Empty(t, s.unfinished(t))
	require.Eventually(t, func() bool { return descriptors() <= before+16 }, patience, time.Millisecond,
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
	f.Add(append(header1("a", 3), "abc"...))
	f.Add(bytes.Join([][]byte{header1("a", 3), []byte("abc"), header2("b", 0, None), frame(`{"digest":""}`)}, nil))
	f.Add(append(header1("../../x", 3), "abc"...))
	f.Add(append(header2("a", 3, CRC32C), "abc\x15\x00\x00\x00{\"digest\":\"364b3fb7\"}"...))
	f.Add([]byte("\xff\xff\xff\xff"))
	s := serve(f, func(s *Server) { s.Idle, s.MaxSize, s.MaxConns = 100*time.Millisecond, 1<<20, 1 })
	s.Report = func(Record) {}
	parent := filepath.Dir(s.dir)
	f.Fuzz(func(t *testing.T, data []byte) {
		p := dial(t, s.addr)
		p.Write(data)
		p.CloseWrite()
		p.hungUp()
		p.Close()

		next := dial(t, s.addr)
		next.say(header2("next", 4, CRC32C))
		next.hears(`{"status":"send","offset":0}`)
		next.say([]byte("next"), frame(`{"digest":"0aa4c6e7"}`))
		next.frame()
		next.Close()

		outside, err := os.ReadDir(parent)
		require.NoError(t, err)
		require.Len(t, outside, 1, "files beside the folder")
		entries, err := os.ReadDir(s.dir)
		require.NoError(t, err)
		for _, e := range entries {
			if e.Name() != waiting {
				require.NoError(t, CheckName(e.Name()))
				require.NoError(t, os.Remove(filepath.Join(s.dir, e.Name())))
			}
		}
	})
}
