package sticky

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// hang is longer than any of these tests takes.
const hang = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server until the test ends; ended is how its connections did.
func serve(t *testing.T) (addr string, ended chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return ln.Addr().String(), serveOn(t, ln)
}

func serveOn(t *testing.T, ln net.Listener) (ended chan error) {
	ended = make(chan error, 100)
	s := &Server{MaxSize: 1 << 20, MessageTimeout: hang, ShutdownTimeout: hang, MaxConns: 100,
		OnClose: func(_ net.Addr, err error) { ended <- err }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return ended
}

// The lesson takes any listener. One without an address has all of the
// machine's, IPv4 and IPv6; one of Unix domain sockets has a path.
func TestOtherListeners(t *testing.T) {
	for _, c := range []struct{ network, listen, host string }{
		{"tcp", ":0", "127.0.0.1"},
		{"tcp", ":0", "::1"},
		{"unix", filepath.Join(t.TempDir(), "s"), ""},
	} {
		t.Run(c.network+c.host, func(t *testing.T) {
			ln, err := net.Listen(c.network, c.listen)
			if err != nil {
				t.Skip("no Unix domain sockets here, or a path too long for one: ", err)
			}
			serveOn(t, ln)
			to := ln.Addr().String()
			if _, port, err := net.SplitHostPort(to); err == nil {
				to = net.JoinHostPort(c.host, port)
			}
			conn, err := net.DialTimeout(c.network, to, hang)
			if err != nil && c.host == "::1" {
				t.Skip("no IPv6 on this machine: ", err)
			}
			require.NoError(t, err)
			defer conn.Close()
			require.Equal(t, "HI", ask(t, conn, "hi"))
		})
	}
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(hang)))
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

// Everything that a client can do wrong. The server reports it, and serves
// the next client, which is there all the while.
func TestTheServerSurvives(t *testing.T) {
	closes := func(*testing.T, *net.TCPConn) {}
	for _, c := range []struct {
		name  string
		sends string
		then  func(t *testing.T, conn *net.TCPConn)
		want  error
		says  string
	}{
		{"closes at once", "", closes, nil, ""},
		{"closes inside a prefix", "\x00\x00", closes, io.ErrUnexpectedEOF, "frame cut after 2 of 4 bytes"},
		{"closes right after a prefix", "\x00\x00\x00\x05", closes, io.ErrUnexpectedEOF, "frame cut after 4 of 9 bytes"},
		{"closes inside a message", "\x00\x00\x00\x05he", closes, io.ErrUnexpectedEOF, "frame cut after 6 of 9 bytes"},
		{"a browser", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", func(t *testing.T, conn *net.TCPConn) {
			answer, err := io.ReadAll(conn)
			require.NoError(t, err, "an end, not a reset")
			require.Empty(t, answer)
		}, ErrTooLarge, `that length is "GET ": is a browser calling?`},
		{"garbage after a good message", string(stream(t, "good", "better")), func(t *testing.T, conn *net.TCPConn) {
			conn.Write(bytes.Repeat([]byte{0xee}, 500_000))
			conn.CloseWrite()
			answers, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, stream(t, "GOOD", "BETTER"), answers, "the answers to the good ones arrive")
		}, ErrTooLarge, "the maximum is 1048576"},
		{"zeros, and nothing but zeros", "", func(t *testing.T, conn *net.TCPConn) {
			// Each four of them are an empty message, and an answer to it.
			go func() {
				conn.Write(make([]byte, 40_000))
				conn.CloseWrite()
			}()
			answers, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, make([]byte, 40_000), answers)
		}, nil, ""},
		{"resets", "", func(t *testing.T, conn *net.TCPConn) {
			require.Equal(t, "HELLO", ask(t, conn, "hello"))
			conn.SetLinger(0)
		}, errReset, "read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			addr, ended := serve(t)
			conn := dial(t, addr)
			io.WriteString(conn, c.sends)
			c.then(t, conn)
			conn.Close()
			err := <-ended
			require.ErrorIs(t, err, c.want)
			if c.want != nil {
				require.ErrorContains(t, err, c.says)
			}
			require.Equal(t, "STILL THERE", ask(t, dial(t, addr), "still there"))
		})
	}
}

// errReset is in Go's list of Windows' errors under another number.
var errReset = map[bool]syscall.Errno{false: syscall.ECONNRESET, true: 10054}[os.PathSeparator == '\\']

// A client that keeps the server waiting is cut off when the time for one
// message is over: not later, and not sooner for a byte now and then.
func TestMessageTimeout(t *testing.T) {
	for name, rude := range map[string]func(conn net.Conn){
		"sends nothing":       func(conn net.Conn) {},
		"stops in the middle": func(conn net.Conn) { io.WriteString(conn, "\x00\x00\x00\x05he") },
		"a byte now and then": func(conn net.Conn) {
			conn.Write([]byte{0, 0, 0xff, 0xff})
			for {
				if _, err := conn.Write([]byte{'x'}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
		"sends and never reads": func(conn net.Conn) {
			for WriteFrame(conn, []byte("hello"), 64) == nil {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var client sync.WaitGroup
				defer client.Wait()
				theirs, ours := net.Pipe()
				began := time.Now()
				client.Go(func() { rude(theirs) })
				var end error
				s := &Server{MaxSize: 1 << 20, MessageTimeout: time.Minute, OnClose: func(_ net.Addr, err error) { end = err }}
				s.serveConn(t.Context(), ours)
				require.ErrorIs(t, end, os.ErrDeadlineExceeded)
				require.Equal(t, time.Minute, time.Since(began))
			})
		})
	}
}

// pipes is a listener without a network, for a clock that jumps. Accept fails
// with errs first, the last of them for ever, if there are any.
type pipes struct {
	net.Listener
	errs   []error
	conns  chan net.Conn
	closed atomic.Bool
}

func (l *pipes) Accept() (net.Conn, error) {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[min(1, len(l.errs)-1):]
		return nil, err
	}
	if conn, ok := <-l.conns; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

// Close takes its time, and is not to be called twice.
func (l *pipes) Close() error {
	close(l.conns)
	for range 100 { // let the others run, if they do not wait for us
		runtime.Gosched()
	}
	l.closed.Store(true)
	return nil
}

func (l *pipes) dial() net.Conn {
	a, b := net.Pipe()
	l.conns <- b
	return a
}

// piped runs test beside s on pipes, stops s, and says how long that took.
func piped(t *testing.T, s *Server, test func(ln *pipes, stop func())) (took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ln := &pipes{conns: make(chan net.Conn)}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, ln) }()
		test(ln, stop)
		stop()
		require.NoError(t, <-done)
		took = time.Since(began)
	})
	return took
}

// With one connection allowed the second client waits in the queue.
func TestTheNextClientWaits(t *testing.T) {
	piped(t, &Server{MaxSize: 64, MessageTimeout: hang, MaxConns: 1}, func(ln *pipes, stop func()) {
		first := ln.dial()
		require.Equal(t, "FIRST", ask(t, first, "first"))
		accepted := make(chan net.Conn, 1)
		go func() { accepted <- ln.dial() }()
		synctest.Wait()
		require.Empty(t, accepted)
		first.Close()
		second := <-accepted
		defer second.Close()
		require.Equal(t, "SECOND", ask(t, second, "second"))
	})
}

// Asked to stop, the server closes the listener, lets a connection go on,
// and cuts it when the time is over. Nothing is cut before the listener is
// closed, so that who is cut off and dials again is not accepted.
func TestStopping(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Minute} {
		s := &Server{MaxSize: 64, MessageTimeout: time.Hour, ShutdownTimeout: timeout, MaxConns: 1}
		piped(t, s, func(ln *pipes, stop func()) {
			conn := ln.dial()
			defer conn.Close()
			require.Equal(t, "HELLO", ask(t, conn, "hello"))
			began := time.Now()
			stop()
			if timeout > 0 {
				time.Sleep(timeout / 2)
				require.Equal(t, "ONE MORE THING", ask(t, conn, "one more thing"))
			}
			_, err := conn.Read(make([]byte, 1))
			require.True(t, ln.closed.Load(), "cut before the listener was closed")
			require.Equal(t, io.EOF, err)
			require.Equal(t, timeout, time.Since(began))
		})
	}
	// Stopped before it began, it takes nobody.
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // select picks at random
		ln := &pipes{errs: []error{io.EOF, io.EOF}, conns: make(chan net.Conn)}
		require.NoError(t, new(Server).Serve(stopped, ln))
		require.Len(t, ln.errs, 2, "it has accepted")
	}
	// A connection that ends by itself ends the wait.
	took := piped(t, &Server{MaxSize: 64, MessageTimeout: hang, ShutdownTimeout: time.Hour}, func(ln *pipes, stop func()) {
		conn := ln.dial()
		stop()
		require.Equal(t, "LAST", ask(t, conn, "last"))
		conn.Close()
	})
	require.Less(t, took, time.Hour)
}

// Out of descriptors or memory is no reason to stop, on no system; the end
// is one, and so is an error that Serve does not know.
func TestAcceptErrors(t *testing.T) {
	unknown := errors.New("unknown")
	for _, poor := range exhausted {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ln := &pipes{errs: []error{poor, poor, poor, unknown}, conns: make(chan net.Conn)}
			require.Equal(t, unknown, (&Server{}).Serve(t.Context(), ln))
			require.Equal(t, (5+10+20)*time.Millisecond, time.Since(began))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ln = &pipes{errs: []error{&net.OpError{Op: "accept", Err: poor}}, conns: make(chan net.Conn)}
			require.NoError(t, (&Server{}).Serve(ctx, ln))
			require.Equal(t, time.Minute, time.Since(began).Truncate(time.Second))
		})
	}
}
