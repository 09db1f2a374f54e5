package basic

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// long is longer than any of these tests takes: only a hang meets it.
const long = 30 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		removePrograms()
		os.Exit(code)
	}))
}

// listen is a phone that is switched on, and off when the test ends.
func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

func dial(t *testing.T, ln net.Listener) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	conn.SetDeadline(time.Now().Add(long))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// call is both ends of one call.
func call(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	ln := listen(t)
	client = dial(t, ln)
	conn, err := ln.Accept()
	require.NoError(t, err)
	conn.SetDeadline(time.Now().Add(long))
	t.Cleanup(func() { conn.Close() })
	return client, conn.(*net.TCPConn)
}

// serve runs a server of this lesson; the channel brings what it returned.
func serve(ln net.Listener, server func(net.Listener, time.Duration) error, patience time.Duration) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- server(ln, patience) }()
	return ended
}

// hear is Hear, with all that was heard in one piece.
func hear(t *testing.T, conn net.Conn) string {
	t.Helper()
	var all strings.Builder
	total, err := Hear(conn, long, func(p []byte) { all.Write(p) })
	require.NoError(t, err)
	require.EqualValues(t, all.Len(), total)
	return all.String()
}

func TestListenToMe(t *testing.T) {
	ln := listen(t)
	ended := serve(ln, ListenToMe, long)
	conn := dial(t, ln)
	// How many reads it took is the stream's own business.
	if diff := cmp.Diff(strings.Repeat("hello baby~", 31), hear(t, conn)); diff != "" {
		t.Errorf("what the client heard (-want +got):\n%s", diff)
	}
	require.NoError(t, <-ended)

	_, err := ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed, "after one call the phone is off")
}

func TestAnswer(t *testing.T) {
	for _, word := range []string{"hello", "喂，你好", strings.Repeat("x", 5000)} {
		ln := listen(t)
		ended := serve(ln, Answer, long)
		conn := dial(t, ln)
		require.NoError(t, Say(conn, long, word))
		heard, ok := strings.CutPrefix(hear(t, conn), "you said ")
		require.True(t, ok)
		// One Read hears what has come so far, and at most MaxWord of it.
		require.NotEmpty(t, heard)
		require.LessOrEqual(t, len(heard), MaxWord)
		require.True(t, strings.HasPrefix(word, heard), "%q does not begin with %q", word, heard)
		require.NoError(t, <-ended)
	}
}

// The source's client does not half-close: it waits for its answer.
func TestAnswerWithoutHalfClose(t *testing.T) {
	ln := listen(t)
	ended := serve(ln, Answer, long)
	conn := dial(t, ln)
	_, err := conn.Write([]byte("hello"))
	require.NoError(t, err)
	require.Equal(t, "you said hello", hear(t, conn))
	require.NoError(t, conn.Close())
	require.NoError(t, <-ended)
}

// A caller who says more than the server hears still gets the answer.
func TestAnswerIsNotLostWithBytesUnread(t *testing.T) {
	ln := listen(t)
	ended := serve(ln, Answer, long)
	conn := dial(t, ln)
	word := bytes.Repeat([]byte("x"), 100_000)
	_, err := conn.Write(word)
	require.NoError(t, err)
	require.NoError(t, conn.CloseWrite())
	require.True(t, strings.HasPrefix(hear(t, conn), "you said x"))
	require.NoError(t, <-ended)
}

func TestServersAndBadCallers(t *testing.T) {
	quick := time.Nanosecond
	tests := []struct {
		name     string
		server   func(net.Listener, time.Duration) error
		patience time.Duration
		caller   func(*net.TCPConn)
		want     error
	}{
		{"says nothing", Answer, quick, func(*net.TCPConn) {}, os.ErrDeadlineExceeded},
		{"hangs up at once", Answer, long, func(c *net.TCPConn) { c.Close() }, io.EOF},
		{"slams the phone", Answer, long, func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, errReset},
		{"zeros for ever", Answer, long, func(c *net.TCPConn) {
			zeros := make([]byte, 64<<10)
			for _, err := c.Write(zeros); err == nil; {
				_, err = c.Write(zeros)
			}
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == errReset && runtime.GOOS != "linux" {
				t.Skip("this system may take him off the queue before he is accepted")
			}
			ln := listen(t)
			ended := serve(ln, tt.server, tt.patience)
			tt.caller(dial(t, ln))
			require.ErrorIs(t, <-ended, tt.want)
		})
	}
}

// Switched off while it waits for a call, a server ends with net.ErrClosed.
func TestSwitchedOff(t *testing.T) {
	for _, server := range []func(net.Listener, time.Duration) error{ListenToMe, Answer} {
		ln := listen(t)
		ended := serve(ln, server, long)
		require.NoError(t, ln.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
	}
}

func TestHear(t *testing.T) {
	t.Run("silence is a timeout", func(t *testing.T) {
		client, _ := call(t)
		_, err := Hear(client, time.Nanosecond, func([]byte) {})
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
	t.Run("a slammed phone is a reset, after what came before it", func(t *testing.T) {
		client, server := call(t)
		_, err := server.Write([]byte("bye"))
		require.NoError(t, err)
		heard := make(chan string, 1)
		ended := make(chan error, 1)
		go func() {
			_, err := Hear(client, long, func(p []byte) { heard <- string(p) })
			ended <- err
		}()
		require.Equal(t, "bye", <-heard)
		server.SetLinger(0)
		server.Close()
		require.ErrorIs(t, <-ended, errReset)
	})
	t.Run("bytes that come together with the end count", func(t *testing.T) {
		conn := lastWords{Conn: nil, r: strings.NewReader("bye")}
		require.Equal(t, "bye", hear(t, conn))
	})
}

// lastWords is a conn whose last Read brings bytes and io.EOF at once, as
// the contract of io.Reader allows.
type lastWords struct {
	net.Conn
	r *strings.Reader
}

func (c lastWords) SetReadDeadline(time.Time) error { return nil }

func (c lastWords) Read(p []byte) (int, error) {
	n, _ := c.r.Read(p)
	return n, io.EOF
}

// Whoever speaks to a server that only talks hears all that it says, and
// then that the phone was slammed: his own word was never read.
func TestSayToOneWhoOnlyTalks(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system may hang up politely with bytes unread, or throw away what it has delivered")
	}
	ln := listen(t)
	conn := dial(t, ln)
	require.NoError(t, Say(conn, long, "hello"))
	require.NoError(t, ListenToMe(ln, long))
	total, err := Hear(conn, long, func([]byte) {})
	require.EqualValues(t, Times*len(Greeting), total)
	require.ErrorIs(t, err, errReset)
}

// The kernel answers before you do: what is said before Accept is there
// when you accept.
func TestKernelAnswersFirst(t *testing.T) {
	ln := listen(t)
	client := dial(t, ln) // connected, and nobody has accepted
	_, err := client.Write(bytes.Repeat([]byte("!"), 200))
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())

	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	require.Len(t, hear(t, conn), 200)
}

// A caller who slams the phone before anybody accepts is accepted all the
// same (on Linux); the first Read tells.
func TestResetBeforeAccept(t *testing.T) {
	ln := listen(t)
	client := dial(t, ln)
	client.SetLinger(0)
	require.NoError(t, client.Close())

	ln.(*net.TCPListener).SetDeadline(time.Now().Add(time.Second))
	conn, err := ln.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Skip("this system takes a caller who has left off the queue")
	}
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, errReset)
}

func TestCallsSurviveAContextThatEnds(t *testing.T) {
	ln := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	cancel() // the context is for dialling, not for the call
	_, err = conn.Write([]byte("still here"))
	require.NoError(t, err)
}
