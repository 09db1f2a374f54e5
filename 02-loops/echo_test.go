package loops

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// long is longer than any of these tests takes: only a hang meets it.
const long = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the system calls it when the other side resets, is gone, or when
// descriptors run out.
var errReset, errPipe, errExhausted error = syscall.ECONNRESET, syscall.EPIPE, syscall.EMFILE

func init() {
	if runtime.GOOS == "windows" { // Winsock has its own numbers
		errReset, errPipe, errExhausted = syscall.Errno(10054), syscall.Errno(10054), syscall.Errno(10024)
	}
}

func echo(idleTimeout time.Duration) func(net.Conn) error {
	return func(conn net.Conn) error { return Echo(conn, idleTimeout) }
}

// The whole of a server's life: serve starts it, cancel asks it to stop,
// ended brings what it returned, closed how each connection ended.
type life struct {
	addr   string
	cancel context.CancelFunc
	ended  chan error
	closed chan error
}

func serve(t *testing.T, s Server, run func(*Server, context.Context, net.Listener) error) *life {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serveOn(t, s, run, ln)
}

func serveOn(t *testing.T, s Server, run func(*Server, context.Context, net.Listener) error, ln net.Listener) *life {
	t.Helper()
	if s.Handler == nil {
		s.Handler = echo(long)
	}
	if s.MaxConns == 0 {
		s.MaxConns = 100
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &life{ln.Addr().String(), cancel, make(chan error, 1), make(chan error, 30_000)}
	s.OnClose = func(_ net.Addr, err error) { l.closed <- err }
	go func() {
		l.ended <- run(&s, ctx, ln)
		close(l.closed)
	}()
	t.Cleanup(func() {
		cancel()
		for range l.closed { // returns only when the last call is over
		}
	})
	return l
}

func (l *life) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	return dial(t, l.addr)
}

func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if errors.Is(err, errExhausted) {
		t.Skip("needs more descriptors than the limit allows: ulimit -n")
	}
	require.NoError(t, err)
	conn.SetDeadline(time.Now().Add(long))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// chat asks once and wants the answer.
func chat(t *testing.T, conn net.Conn, question, answer string) {
	t.Helper()
	p := []byte(question)
	require.NoError(t, exchange(conn, p, long))
	require.Equal(t, answer, string(p))
}

// servers are the two that stand side by side.
var servers = map[string]func(*Server, context.Context, net.Listener) error{
	"serve":      (*Server).Serve,
	"sequential": (*Server).ServeSequential,
}

func TestEcho(t *testing.T) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	for name, run := range servers {
		for _, text := range []string{"hello", "喂，你好 hello é ñ", "", string(everyByte), strings.Repeat("a long call ", 10_000)} {
			t.Run(name, func(t *testing.T) {
				conn := serve(t, Server{}, run).dial(t)
				var out bytes.Buffer
				require.NoError(t, Exchange(conn, strings.NewReader(text), &out, long))
				if diff := cmp.Diff(upper(text), out.String()); diff != "" {
					t.Errorf("the answer (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// upper is what Python's bytes.upper does, written another way.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if j := strings.IndexByte("abcdefghijklmnopqrstuvwxyz", c); j >= 0 {
			b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[j]
		}
	}
	return string(b)
}

// Whatever way the stream splits a character, it comes back whole.
func TestUpperOfHalfACharacter(t *testing.T) {
	text := "喂 hello 你好"
	for cut := range len(text) {
		p := []byte(text)
		Upper(p[:cut])
		Upper(p[cut:])
		require.Equal(t, "喂 HELLO 你好", string(p), "cut at %d", cut)
	}
	// bytes.ToUpper is not for streams.
	half := []byte("喂")[:2]
	require.NotEqual(t, half, bytes.ToUpper(half))
}

// Only silence trips the deadline: a call much longer than idle goes on
// as long as something is said, and each step may use all of idle.
func TestIdleIsRenewed(t *testing.T) {
	// net.Pipe and fake time: see endings_test.go for real sockets.
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- Echo(server, time.Second) }()
		for range 10 {
			time.Sleep(900 * time.Millisecond)
			chat(t, client, "hm", "HM")
		}
		require.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)
		client.Close()
	})
}

// A client that does not read is cut off too.
func TestIdleCoversWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		go client.Write([]byte("hello"))
		require.ErrorIs(t, Echo(server, time.Second), os.ErrDeadlineExceeded)
	})
}

func TestExchangeAnyReader(t *testing.T) {
	text := strings.Repeat("line after line, 一行又一行\n", 100)
	for name, in := range map[string]io.Reader{
		"one byte at a time": iotest.OneByteReader(strings.NewReader(text)),
		"half of it":         iotest.HalfReader(strings.NewReader(text)),
		"data with the end":  iotest.DataErrReader(strings.NewReader(text)),
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			conn := serve(t, Server{}, (*Server).Serve).dial(t)
			require.NoError(t, Exchange(conn, in, &out, long))
			require.Equal(t, upper(text), out.String())
		})
	}
	t.Run("a broken keyboard", func(t *testing.T) {
		conn := serve(t, Server{}, (*Server).Serve).dial(t)
		err := Exchange(conn, iotest.ErrReader(os.ErrPermission), io.Discard, long)
		require.ErrorIs(t, err, os.ErrPermission)
	})
}

// 32 MiB through the client come back complete, and it never holds more
// than a buffer of them.
func TestExchangeLosesNothing(t *testing.T) {
	text := strings.Repeat("never in step with a buffer", 32<<20/27) // of 27 bytes
	conn := serve(t, Server{}, (*Server).Serve).dial(t)
	want, got := sha256.Sum256([]byte(upper(text))), sha256.New()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, Exchange(conn, strings.NewReader(text), got, long))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "bytes allocated, by both ends together")
	require.Equal(t, want[:], got.Sum(nil), "what came back differs")
}

func TestServersThatMisbehave(t *testing.T) {
	hears := func(conn *net.TCPConn) { io.ReadFull(conn, make([]byte, 5)) }
	hangsUp := func(conn *net.TCPConn) { conn.CloseWrite(); io.Copy(io.Discard, conn) }
	for name, tt := range map[string]struct {
		server  func(conn *net.TCPConn)
		timeout time.Duration
		want    error
		words   string
	}{
		"hangs up in the middle of an answer": {func(conn *net.TCPConn) {
			hears(conn)
			conn.Write([]byte("HE"))
			hangsUp(conn)
		}, long, io.ErrUnexpectedEOF, ""},
		"hangs up instead of an answer": {func(conn *net.TCPConn) { hears(conn); hangsUp(conn) }, long, io.ErrUnexpectedEOF, ""},
		"slams the phone":               {func(conn *net.TCPConn) { hears(conn); conn.SetLinger(0) }, long, errReset, ""},
		"is silent":                     {func(conn *net.TCPConn) { io.Copy(io.Discard, conn) }, time.Millisecond, os.ErrDeadlineExceeded, ""},
		"says more than was asked": {func(conn *net.TCPConn) {
			conn.Write([]byte("HELLO, and what I always wanted to say"))
			io.Copy(io.Discard, conn)
		}, long, nil, "33 bytes that nobody asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := pipe(t)
			var wg sync.WaitGroup
			defer wg.Wait()
			wg.Go(func() {
				defer server.Close()
				tt.server(server)
			})
			defer client.Close()
			err := Exchange(client, strings.NewReader("hello"), io.Discard, tt.timeout)
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
			}
			require.ErrorContains(t, err, tt.words)
		})
	}
}

// pipe is both ends of a real connection.
func pipe(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	s, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() {
		c.Close()
		s.Close()
	})
	c.SetDeadline(time.Now().Add(long))
	s.SetDeadline(time.Now().Add(long))
	return c.(*net.TCPConn), s.(*net.TCPConn)
}
