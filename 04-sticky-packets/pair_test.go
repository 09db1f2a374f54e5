package sticky

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// patience is longer than any of these tests takes: only a hang meets it.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		removePrograms()
		os.Exit(code)
	}))
}

// endings keeps what Server.Ended is told of each call.
type endings struct {
	mu    sync.Mutex
	calls map[string]chan error
}

// of is where the end of one caller's call comes out.
func (e *endings) of(caller net.Addr) chan error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.calls[caller.String()] == nil {
		e.calls[caller.String()] = make(chan error, 1)
	}
	return e.calls[caller.String()]
}

// serve runs a server until the test ends; change may alter it first.
func serve(t *testing.T, change func(*Server)) (addr string, ended *endings) {
	t.Helper()
	ended = &endings{calls: map[string]chan error{}}
	s := &Server{MaxSize: 1 << 20, Idle: patience, Grace: patience, MaxCalls: 100,
		Ended: func(caller net.Addr, err error) { ended.of(caller) <- err }}
	if change != nil {
		change(s)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return ln.Addr().String(), ended
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

func ask(t *testing.T, conn net.Conn, message string) string {
	t.Helper()
	require.NoError(t, WriteFrame(conn, []byte(message), 1<<20))
	p, err := ReadFrame(conn, 1<<20)
	require.NoError(t, err)
	return string(p)
}

var client = Client{MaxSize: 1 << 20, Patience: patience, Writers: 1}

// Lines of every kind, each answered by itself.
func TestTalk(t *testing.T) {
	addr, ended := serve(t, nil)
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"hello baby~\n", "HELLO BABY~\n"},
		{"no newline at the end", "NO NEWLINE AT THE END\n"},
		{"\n\n\n", "\n\n\n"},
		{"你好，宝贝\n\n第二行 two\r\n", "你好，宝贝\n\n第二行 TWO\n"},
		{strings.Repeat("x", 1<<20) + "\nshort\n", strings.Repeat("X", 1<<20) + "\nSHORT\n"},
		{"\x00\x01\xffÿé\n", "\x00\x01\xffÿé\n"},
	} {
		var out bytes.Buffer
		conn := dial(t, addr)
		require.NoError(t, client.Talk(conn, strings.NewReader(c.in), &out))
		require.True(t, c.want == out.String(), "want %.60q, got %.60q", c.want, out.String())
		require.NoError(t, <-ended.of(conn.LocalAddr()))
	}
}

// Many writers, one connection: every line comes back whole. The lines
// differ in length up to more than the kernel takes in one go.
func TestManyWritersShareOneConnection(t *testing.T) {
	addr, _ := serve(t, nil)
	var in strings.Builder
	var want []string
	for i := range 100 {
		line := fmt.Sprintf("%d:%s", i, strings.Repeat(string(rune('a'+i%26)), i*i*37%200_000))
		in.WriteString(line + "\n")
		want = append(want, strings.ToUpper(line))
	}
	many := client
	many.Writers = 16
	var out bytes.Buffer
	require.NoError(t, many.Talk(dial(t, addr), strings.NewReader(in.String()), &out))
	got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	slices.Sort(want)
	slices.Sort(got)
	require.True(t, slices.Equal(want, got), "a line was torn or lost")
}

// The same without the client: WriteFrame alone is enough, and the frames
// of one writer keep their order.
func TestWriteFrameFromManyGoroutines(t *testing.T) {
	for _, network := range []string{"tcp", "pipe"} {
		t.Run(network, func(t *testing.T) {
			a, b := net.Pipe()
			if network == "tcp" {
				a, b = tcpPair(t)
			}
			defer b.Close()
			const writers, each = 8, 50
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for i := range each {
						p := bytes.Repeat([]byte{byte(w)}, 2+i*1000)
						p[1] = byte(i)
						if WriteFrame(a, p, 1<<20) != nil {
							return // the reader will miss it
						}
					}
				})
			}
			go func() { wg.Wait(); a.Close() }()
			var next [writers]int
			r := NewReader(b, 1<<20)
			for range writers * each {
				p, err := r.Next()
				require.NoError(t, err)
				w, i := p[0], int(p[1])
				require.Equal(t, next[w], i, "writer %d", w)
				next[w]++
				p[1] = w
				require.Equal(t, 2+i*1000, bytes.Count(p, []byte{w}), "torn")
			}
			_, err := r.Next()
			require.Equal(t, io.EOF, err)
		})
	}
}

// What WriteFrame prevents, in slow motion: two writers whose prefix and
// payload are two Writes each, and the order that nobody forbids.
func TestPrefixAndPayloadInTwoWritesTear(t *testing.T) {
	var wire bytes.Buffer
	one, two := stream(t, "one"), stream(t, "two!")
	wire.Write(one[:PrefixSize])
	wire.Write(two[:PrefixSize])
	wire.Write(one[PrefixSize:])
	wire.Write(two[PrefixSize:])
	p, err := ReadFrame(&wire, 64)
	require.NoError(t, err, "nobody notices")
	require.Equal(t, "\x00\x00\x00", string(p))
	_, err = ReadFrame(&wire, 64)
	require.ErrorIs(t, err, ErrTooLarge, "now somebody does")
}

func tcpPair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	a = dial(t, ln.Addr().String())
	b, err = ln.Accept()
	require.NoError(t, err)
	return a, b
}

// source gives n lines of the same length without holding them.
type source struct {
	line string
	n    int
	off  int
}

func (s *source) Read(p []byte) (n int, err error) {
	for n < len(p) && s.n > 0 {
		m := copy(p[n:], s.line[s.off:])
		n += m
		if s.off += m; s.off == len(s.line) {
			s.off = 0
			s.n--
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// sink counts lines and bytes, and now and then how much memory is in use.
// Garbage does not count: it measures three times, and the others soon
// stand still, because nobody listens meanwhile.
type sink struct {
	lines, bytes int
	peak         uint64
}

func (s *sink) Write(p []byte) (int, error) {
	if s.lines++; s.lines%64 == 0 {
		used := uint64(math.MaxUint64)
		for range 3 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			used = min(used, m.HeapAlloc)
		}
		s.peak = max(s.peak, used)
	}
	s.bytes += len(p)
	return len(p), nil
}

// Far more than the kernel's buffers hold, sent without a pause: it all
// comes back, nobody waits for ever, and no memory piles up.
func TestPipelinedInputNeitherDeadlocksNorPilesUp(t *testing.T) {
	addr, _ := serve(t, nil)
	line := strings.Repeat("x", 64<<10-1) + "\n"
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var out sink
	require.NoError(t, client.Talk(dial(t, addr), &source{line: line, n: 384}, &out))
	require.Equal(t, 384, out.lines)
	require.Equal(t, 24<<20, out.bytes)
	require.Less(t, out.peak, before.HeapAlloc+12<<20, "bytes on the heap while 24 MiB went through")
}

// Everything that a caller can do wrong. The server reports it, and serves
// the next one, who is there all the while.
func TestTheServerSurvives(t *testing.T) {
	patient, ended := serve(t, nil)
	hasty, cutOff := serve(t, func(s *Server) { s.Idle = 200 * time.Millisecond })
	for _, c := range []struct {
		name string
		rude func(t *testing.T, conn *net.TCPConn)
		want error
		says string
	}{
		{"hangs up at once", func(t *testing.T, conn *net.TCPConn) { conn.Close() }, nil, ""},
		{"hangs up inside a prefix", func(t *testing.T, conn *net.TCPConn) {
			conn.Write([]byte{0, 0})
			conn.Close()
		}, io.ErrUnexpectedEOF, "frame cut after 2 of 4 bytes"},
		{"hangs up right after a prefix", func(t *testing.T, conn *net.TCPConn) {
			conn.Write([]byte{0, 0, 0, 5})
			conn.Close()
		}, io.ErrUnexpectedEOF, "frame cut after 4 of 9 bytes"},
		{"hangs up inside a message", func(t *testing.T, conn *net.TCPConn) {
			conn.Write([]byte("\x00\x00\x00\x05he"))
			conn.Close()
		}, io.ErrUnexpectedEOF, "frame cut after 6 of 9 bytes"},
		{"a browser", func(t *testing.T, conn *net.TCPConn) {
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			answer, err := io.ReadAll(conn)
			require.NoError(t, err, "an end, not a reset")
			require.Empty(t, answer)
		}, ErrTooLarge, `length 1195725856 is "GET ": is a browser calling?`},
		{"a browser with https", func(t *testing.T, conn *net.TCPConn) {
			conn.Write([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3})
			io.ReadAll(conn)
		}, ErrTooLarge, "is this the hello of TLS (https)?"},
		{"garbage after a good message", func(t *testing.T, conn *net.TCPConn) {
			conn.Write(append(stream(t, "good", "better"), bytes.Repeat([]byte{0xee}, 500_000)...))
			conn.CloseWrite()
			answers, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, stream(t, "GOOD", "BETTER"), answers, "the answers to the good ones arrive")
		}, ErrTooLarge, "the maximum is 1048576"},
		{"zeros, and nothing but zeros", func(t *testing.T, conn *net.TCPConn) {
			// Each four of them are an empty message, and an answer to it.
			go func() {
				conn.Write(make([]byte, 40_000))
				conn.CloseWrite()
			}()
			answers, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, make([]byte, 40_000), answers)
		}, nil, ""},
		{"talks and never listens", func(t *testing.T, conn *net.TCPConn) {
			frame := stream(t, strings.Repeat("x", 64<<10))
			for {
				if _, err := conn.Write(frame); err != nil {
					return
				}
			}
		}, os.ErrDeadlineExceeded, "i/o timeout"},
		{"slams the phone", func(t *testing.T, conn *net.TCPConn) {
			require.Equal(t, "HELLO", ask(t, conn, "hello"))
			conn.SetLinger(0)
			conn.Close()
		}, errReset, "listen"},
		{"says nothing", func(t *testing.T, conn *net.TCPConn) {
			io.ReadAll(conn)
		}, os.ErrDeadlineExceeded, "listen"},
		{"stops in the middle", func(t *testing.T, conn *net.TCPConn) {
			conn.Write([]byte("\x00\x00\x00\x05he"))
			io.ReadAll(conn)
		}, os.ErrDeadlineExceeded, "frame cut after 6 of 9 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr, ended := patient, ended
			if c.want == os.ErrDeadlineExceeded {
				addr, ended = hasty, cutOff
			}
			conn := dial(t, addr)
			c.rude(t, conn)
			err := <-ended.of(conn.LocalAddr())
			require.ErrorIs(t, err, c.want)
			if c.want != nil {
				require.ErrorContains(t, err, c.says)
			}
			// The next one is served. (Here a busy machine may make even
			// a polite caller too slow for the hasty server.)
			answer := ""
			for try := 0; try < 20 && answer == ""; try++ {
				polite := dial(t, addr)
				require.NoError(t, WriteFrame(polite, []byte("still there"), 64))
				p, err := ReadFrame(polite, 64)
				if addr == patient {
					require.NoError(t, err)
				}
				answer = string(p)
			}
			require.Equal(t, "STILL THERE", answer)
		})
	}
}

// A caller who sends a byte now and then is not silent, and yet he is cut
// off when the time for one message is over.
func TestASlowDripIsCutOff(t *testing.T) {
	addr, ended := serve(t, func(s *Server) { s.Idle = 100 * time.Millisecond })
	conn := dial(t, addr)
	drip := time.NewTicker(time.Millisecond)
	defer drip.Stop()
	conn.Write([]byte{0, 0, 0xff, 0xff})
	for sent := 0; ; sent++ {
		select {
		case err := <-ended.of(conn.LocalAddr()):
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			return
		case <-drip.C:
			require.Less(t, sent, 0xffff, "the whole message got through")
			conn.Write([]byte{'x'})
		}
	}
}

// With one line in use the second caller waits, and is not turned away.
func TestTheNextCallerWaits(t *testing.T) {
	addr, ended := serve(t, func(s *Server) { s.MaxCalls = 1 })
	first, second := dial(t, addr), dial(t, addr)
	require.Equal(t, "FIRST", ask(t, first, "first"))
	require.NoError(t, WriteFrame(second, []byte("second"), 64))
	second.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	_, err := second.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "nobody answers yet")
	first.Close()
	require.NoError(t, <-ended.of(first.LocalAddr()))
	second.SetReadDeadline(time.Now().Add(patience))
	p, err := ReadFrame(second, 64)
	require.NoError(t, err)
	require.Equal(t, "SECOND", string(p))
}

// Asked to stop, the server lets a call finish; after the grace it cuts it.
func TestStopping(t *testing.T) {
	for _, c := range []struct {
		grace time.Duration
		want  error
	}{{patience, nil}, {0, net.ErrClosed}} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ended := make(chan error, 1)
		s := Server{MaxSize: 64, Idle: patience, Grace: c.grace, MaxCalls: 1,
			Ended: func(_ net.Addr, err error) { ended <- err }}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, ln) }()
		conn := dial(t, ln.Addr().String())
		require.Equal(t, "HELLO", ask(t, conn, "hello"))
		stop()
		if c.want == nil {
			require.Equal(t, "ONE MORE THING", ask(t, conn, "one more thing"))
			conn.Close()
		}
		require.ErrorIs(t, <-ended, c.want)
		require.NoError(t, <-done)
		_, err = net.Dial("tcp", ln.Addr().String())
		require.Error(t, err)
	}
}

func TestServeReturnsAnErrorItDoesNotKnow(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln.Close()
	require.ErrorIs(t, (&Server{MaxCalls: 1}).Serve(t.Context(), ln), net.ErrClosed)
}

// Servers that the client may meet. Each takes one message and then does
// what its row says.
func TestTheClientSurvives(t *testing.T) {
	for _, c := range []struct {
		name  string
		bad   func(conn *net.TCPConn)
		want  error
		print string
	}{
		{"hangs up without an answer", func(conn *net.TCPConn) {}, io.ErrUnexpectedEOF, ""},
		{"cuts an answer", func(conn *net.TCPConn) { conn.Write([]byte("\x00\x00\x00\x05HE")) }, io.ErrUnexpectedEOF, ""},
		{"speaks HTTP", func(conn *net.TCPConn) { io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") }, ErrTooLarge, ""},
		{"answers once only", func(conn *net.TCPConn) { WriteFrame(conn, []byte("ONE"), 64) }, io.ErrUnexpectedEOF, "ONE\n"},
		{"answers twice too often", func(conn *net.TCPConn) {
			for range 4 {
				WriteFrame(conn, []byte("ME"), 64)
			}
		}, errUnasked, "ME\nME\n"},
		{"is silent", func(conn *net.TCPConn) { io.Copy(io.Discard, conn); conn.Read(make([]byte, 1)) }, os.ErrDeadlineExceeded, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := tcpPair(t)
			bad := make(chan struct{})
			go func() {
				defer close(bad)
				defer b.Close()
				for range 2 {
					ReadFrame(b, 64)
				}
				if c.name == "is silent" {
					<-t.Context().Done()
					return
				}
				c.bad(b.(*net.TCPConn))
			}()
			impatient := client
			if c.name == "is silent" {
				impatient.Patience = 50 * time.Millisecond
			} else {
				defer func() { <-bad }()
			}
			var out bytes.Buffer
			err := impatient.Talk(a, strings.NewReader("one\ntwo\n"), &out)
			a.Close()
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.print, out.String())
		})
	}
}

// A line too long: the lines before it are answered, then comes the error.
func TestALineTooLong(t *testing.T) {
	addr, _ := serve(t, nil)
	short := client
	short.MaxSize = 5
	for _, end := range []string{"\n", "\nmore\n", ""} {
		var out bytes.Buffer
		err := short.Talk(dial(t, addr), strings.NewReader("one\nfives\nsixsix"+end), &out)
		require.ErrorIs(t, err, ErrTooLarge)
		require.EqualError(t, err, "line 3: message too large: the maximum is 5 bytes")
		require.Equal(t, "ONE\nFIVES\n", out.String())
	}
	// A line ending is not sent and does not count, "\r\n" neither.
	var out bytes.Buffer
	require.NoError(t, short.Talk(dial(t, addr), strings.NewReader("fives\r\nfives\nfives\r\n"), &out))
	require.Equal(t, strings.Repeat("FIVES\n", 3), out.String())
	for _, long := range []string{"sixsix\n", "sixsix\r\n", "sixsix", "seven's\r\n"} {
		err := short.Talk(dial(t, addr), strings.NewReader(long), io.Discard)
		require.EqualError(t, err, "line 1: message too large: the maximum is 5 bytes")
	}
}

// Nobody types, nothing is due: the client is patient for ever, but it
// notices when the server loses patience. (On a clock of its own, where
// ten minutes take no time.)
func TestAnIdleClientNoticesTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer a.Close()
		began := time.Now()
		s := Server{MaxSize: 64, Idle: 10 * time.Minute}
		go s.call(t.Context(), b)
		c := Client{MaxSize: 64, Patience: time.Minute}
		keyboard, typist := io.Pipe()
		defer typist.Close()
		go typist.Write([]byte("hello\n"))
		var out bytes.Buffer
		err := c.Talk(a, keyboard, &out)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.ErrorContains(t, err, "in the middle of our lines")
		require.Equal(t, "HELLO\n", out.String())
		require.Equal(t, 10*time.Minute, time.Since(began))
	})
}

func TestTheClientReportsItsOwnEnds(t *testing.T) {
	addr, _ := serve(t, nil)
	broken := errors.New("broken")
	err := client.Talk(dial(t, addr), io.MultiReader(strings.NewReader("one\n"), &brokenReader{broken}), io.Discard)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "read line 2")
	conn := dial(t, addr)
	err = client.Talk(conn, strings.NewReader("one\ntwo\n"), &brokenWriter{broken})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "print")
}

type brokenReader struct{ err error }

func (b *brokenReader) Read([]byte) (int, error) { return 0, b.err }

type brokenWriter struct{ err error }

func (b *brokenWriter) Write([]byte) (int, error) { return 0, b.err }

// Out of descriptors is no reason to stop; ending is.
func TestAcceptWaitsForDescriptors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var tries atomic.Int32
	ln := &poorListener{try: func() {
		if tries.Add(1) == 3 {
			cancel()
		}
	}}
	_, err := accept(ctx, ln)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 3, tries.Load())
}

type poorListener struct {
	net.Listener
	try func()
}

func (l *poorListener) Accept() (net.Conn, error) {
	l.try()
	return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept", errNoFiles)}
}
