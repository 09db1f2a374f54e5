package basic

import (
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// long is longer than any of these tests takes: only a hang meets it.
const long = 30 * time.Second

var errRefused, errInUse, errReset = errno(syscall.ECONNREFUSED, 10061), errno(syscall.EADDRINUSE, 10048), errno(syscall.ECONNRESET, 10054)

// errno is the number that this system uses. On Windows package syscall
// has the Unix names too, but made the numbers up; the system's are others.
func errno(unix, windows syscall.Errno) syscall.Errno {
	if runtime.GOOS == "windows" {
		return windows
	}
	return unix
}

func listen(t *testing.T) net.Listener { return opened(t, net.Listen) }

func opened(t *testing.T, listen func(network, addr string) (net.Listener, error)) net.Listener {
	t.Helper()
	ln, err := listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

func dial(t *testing.T, ln net.Listener) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	return kept(t, conn)
}

func accept(t *testing.T, ln net.Listener) *net.TCPConn {
	t.Helper()
	conn, err := ln.Accept()
	require.NoError(t, err)
	return kept(t, conn)
}

func kept(t *testing.T, conn net.Conn) *net.TCPConn {
	conn.SetDeadline(time.Now().Add(long))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// connected is both ends of one connection.
func connected(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	ln := listen(t)
	client = dial(t, ln)
	return client, accept(t, ln)
}

func write(t *testing.T, conn net.Conn, p string) {
	t.Helper()
	_, err := io.WriteString(conn, p)
	require.NoError(t, err)
}

// receive is Receive, with all of it in one piece.
func receive(t *testing.T, conn net.Conn) string {
	t.Helper()
	var all strings.Builder
	total, err := Receive(conn, long, func(p []byte) { all.Write(p) })
	require.NoError(t, err)
	require.EqualValues(t, all.Len(), total)
	return all.String()
}

// background runs f; the channel brings what it returned.
func background(f func() error) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	return ended
}

func TestSendGreetings(t *testing.T) {
	ln := listen(t)
	ended := background(func() error { return SendGreetings(ln, long) })
	conn := dial(t, ln)
	// How many reads it took is the stream's own business.
	require.Empty(t, cmp.Diff(strings.Repeat("hello baby~", 31), receive(t, conn)), "-want +got")
	require.NoError(t, <-ended)
	_, err := ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed, "after one connection the listener is closed")
}

func TestReply(t *testing.T) {
	for _, request := range []string{"hello", "喂，你好", strings.Repeat("x", 5000), strings.Repeat("x", 100_000)} {
		ln := listen(t)
		ended := background(func() error { return Reply(ln, long) })
		conn := dial(t, ln)
		require.NoError(t, Send(conn, long, request))
		// One Read takes what has come so far, and at most MaxRequest of
		// it. The reply arrives, however much was left unread.
		got, ok := strings.CutPrefix(receive(t, conn), "you said ")
		require.True(t, ok)
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), MaxRequest)
		require.True(t, strings.HasPrefix(request, got), "%q does not begin with %q", request, got)
		require.NoError(t, <-ended)
	}
}

// The source's client does not half-close: it waits for its reply.
func TestReplyWithoutHalfClose(t *testing.T) {
	ln := listen(t)
	ended := background(func() error { return Reply(ln, long) })
	conn := dial(t, ln)
	write(t, conn, "hello")
	require.Equal(t, "you said hello", receive(t, conn))
	require.NoError(t, conn.Close())
	require.NoError(t, <-ended)
}

func TestReplyToBadClients(t *testing.T) {
	for name, tt := range map[string]struct {
		timeout time.Duration
		client  func(*net.TCPConn)
		want    error
	}{
		"silent":         {time.Nanosecond, func(*net.TCPConn) {}, os.ErrDeadlineExceeded},
		"closes at once": {long, func(c *net.TCPConn) { c.Close() }, io.EOF},
		"resets":         {long, func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, errReset},
		"zeros for ever": {long, func(c *net.TCPConn) {
			zeros := make([]byte, 64<<10)
			for _, err := c.Write(zeros); err == nil; {
				_, err = c.Write(zeros)
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "resets" && runtime.GOOS != "linux" {
				t.Skip("this system may take it off the queue before it is accepted")
			}
			ln := listen(t)
			ended := background(func() error { return Reply(ln, tt.timeout) })
			tt.client(dial(t, ln))
			require.ErrorIs(t, <-ended, tt.want)
		})
	}
}

// Closed while it waits for a connection, a server returns net.ErrClosed.
func TestServersEndWithTheirListener(t *testing.T) {
	for _, serve := range []func(net.Listener, time.Duration) error{SendGreetings, Reply} {
		ln := listen(t)
		ended := background(func() error { return serve(ln, long) })
		require.NoError(t, ln.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
	}
}

func TestReceive(t *testing.T) {
	t.Run("silence is a timeout", func(t *testing.T) {
		client, _ := connected(t)
		_, err := Receive(client, time.Nanosecond, func([]byte) {})
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
	t.Run("a reset is an error, after what came before it", func(t *testing.T) {
		client, server := connected(t)
		write(t, server, "bye")
		got := make(chan string, 1)
		ended := background(func() error {
			_, err := Receive(client, long, func(p []byte) { got <- string(p) })
			return err
		})
		require.Equal(t, "bye", <-got)
		server.SetLinger(0)
		server.Close()
		require.ErrorIs(t, <-ended, errReset)
	})
	t.Run("bytes that come together with the end count", func(t *testing.T) {
		require.Equal(t, "bye", receive(t, lastWords{r: strings.NewReader("bye")}))
	})
}

// lastWords is a conn whose last Read brings bytes and io.EOF at once, as
// the contract of io.Reader allows.
type lastWords struct {
	net.Conn
	r io.Reader
}

func (c lastWords) SetReadDeadline(time.Time) error { return nil }

func (c lastWords) Read(p []byte) (int, error) {
	n, _ := c.r.Read(p)
	return n, io.EOF
}

// A client that sends to SendGreetings gets all the greetings, and then a
// reset: its request was never read.
func TestRequestThatNobodyReads(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system may close without a reset, or throw away what it has delivered")
	}
	ln := listen(t)
	conn := dial(t, ln)
	require.NoError(t, Send(conn, long, "hello"))
	require.NoError(t, SendGreetings(ln, long), "341 bytes fit, though nobody has read yet")
	total, err := Receive(conn, long, func([]byte) {})
	require.EqualValues(t, Repeats*len(Greeting), total)
	require.ErrorIs(t, err, errReset)
}

// The kernel answers before you do: what is sent before Accept is there
// when you accept.
func TestKernelAnswersFirst(t *testing.T) {
	ln := listen(t)
	client := dial(t, ln) // connected, and nobody has accepted
	want := strings.Repeat("!", 200)
	write(t, client, want)
	require.NoError(t, client.CloseWrite())
	require.Equal(t, want, receive(t, accept(t, ln)))
}

// A client that resets before anybody accepts is accepted all the same (on
// Linux); the first Read tells.
func TestResetBeforeAccept(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system may take it off the queue")
	}
	ln := listen(t)
	client := dial(t, ln)
	client.SetLinger(0)
	require.NoError(t, client.Close())
	_, err := accept(t, ln).Read(make([]byte, 1))
	require.ErrorIs(t, err, errReset)
}
