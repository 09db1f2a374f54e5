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

// closes keeps what Server.OnClose is told of each connection.
type closes struct {
	mu    sync.Mutex
	conns map[string]chan error
}

// of is where the end of one client's connection comes out.
func (c *closes) of(client net.Addr) chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[client.String()] == nil {
		c.conns[client.String()] = make(chan error, 1)
	}
	return c.conns[client.String()]
}

// serve runs a server until the test ends.
func serve(t *testing.T) (addr string, closed *closes) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return ln.Addr().String(), serveOn(t, ln)
}

func serveOn(t *testing.T, ln net.Listener) (closed *closes) {
	closed = &closes{conns: map[string]chan error{}}
	s := &Server{MaxSize: 1 << 20, MessageTimeout: hang, ShutdownTimeout: hang, MaxConns: 100,
		OnClose: func(client net.Addr, err error) { closed.of(client) <- err }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return closed
}

// The lesson takes any listener. One without an address has all of the
// machine's, IPv4 and IPv6; one of Unix domain sockets has a path.
func TestOtherListeners(t *testing.T) {
	asks := func(t *testing.T, network, addr string) {
		conn, err := net.DialTimeout(network, addr, hang)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, WriteFrame(conn, []byte("hi"), 10))
		p, err := ReadFrame(conn, 10)
		require.NoError(t, err)
		require.Equal(t, "HI", string(p))
	}
	t.Run("all addresses", func(t *testing.T) {
		ln, err := net.Listen("tcp", ":0")
		require.NoError(t, err)
		serveOn(t, ln)
		_, port, err := net.SplitHostPort(ln.Addr().String())
		require.NoError(t, err)
		asks(t, "tcp", net.JoinHostPort("127.0.0.1", port))
		probe, err := net.Listen("tcp6", "[::1]:0")
		if err != nil {
			t.Skip("no IPv6 on this machine: ", err)
		}
		probe.Close()
		asks(t, "tcp", net.JoinHostPort("::1", port))
	})
	t.Run("a Unix domain socket", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		ln, err := net.Listen("unix", path)
		if err != nil {
			t.Skip("no Unix domain sockets here, or a path too long for one: ", err)
		}
		serveOn(t, ln)
		asks(t, "unix", path)
	})
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(hang)))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
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
	addr, closed := serve(t)
	closes := func(after string) func(*testing.T, *net.TCPConn) {
		return func(_ *testing.T, conn *net.TCPConn) {
			io.WriteString(conn, after)
			conn.Close()
		}
	}
	for _, c := range []struct {
		name string
		rude func(t *testing.T, conn *net.TCPConn)
		want error
		says string
	}{
		{"closes at once", closes(""), nil, ""},
		{"closes inside a prefix", closes("\x00\x00"), io.ErrUnexpectedEOF, "frame cut after 2 of 4 bytes"},
		{"closes right after a prefix", closes("\x00\x00\x00\x05"), io.ErrUnexpectedEOF, "frame cut after 4 of 9 bytes"},
		{"closes inside a message", closes("\x00\x00\x00\x05he"), io.ErrUnexpectedEOF, "frame cut after 6 of 9 bytes"},
		{"a browser", func(t *testing.T, conn *net.TCPConn) {
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			answer, err := io.ReadAll(conn)
			require.NoError(t, err, "an end, not a reset")
			require.Empty(t, answer)
		}, ErrTooLarge, `that length is "GET ": is a browser calling?`},
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
		{"resets", func(t *testing.T, conn *net.TCPConn) {
			require.Equal(t, "HELLO", ask(t, conn, "hello"))
			conn.SetLinger(0)
			conn.Close()
		}, errReset, "read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := dial(t, addr)
			c.rude(t, conn)
			err := <-closed.of(conn.LocalAddr())
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

// pipes is a listener without a network, for a clock that jumps. To close
// it takes a second, for who comes first.
type pipes struct {
	ended  chan error
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	log    func(event string)
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return &pipe{conn, l.log}, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	first := false
	l.once.Do(func() { first = true })
	if first {
		close(l.closed)
		for range 100 { // let the others run, if they do not wait for us
			runtime.Gosched()
		}
		l.log("listener closed")
	}
	return nil
}

func (l *pipes) Addr() net.Addr { return nil }

func (l *pipes) dial() net.Conn {
	a, b := net.Pipe()
	l.conns <- b
	return a
}

type pipe struct {
	net.Conn
	log func(event string)
}

func (p *pipe) Close() error {
	p.log("connection closed")
	return p.Conn.Close()
}

// piped runs test beside s on pipes, and stops s: events are what it closed.
func piped(t *testing.T, s *Server, test func(ln *pipes, stop func())) (events []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		ln := &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), log: func(event string) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, event)
		}}
		// A channel of this bubble: the clock does not wait for any other.
		ln.ended = make(chan error, 9)
		if s.OnClose == nil {
			s.OnClose = func(_ net.Addr, err error) { ln.ended <- err }
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, ln) }()
		test(ln, stop)
		stop()
		require.NoError(t, <-done)
	})
	return events
}

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
			s := &Server{MaxSize: 1 << 20, MessageTimeout: time.Minute, MaxConns: 9}
			piped(t, s, func(ln *pipes, stop func()) {
				conn, began := ln.dial(), time.Now()
				var client sync.WaitGroup
				defer client.Wait()
				defer conn.Close()
				client.Go(func() { rude(conn) })
				require.ErrorIs(t, <-ln.ended, os.ErrDeadlineExceeded)
				require.Equal(t, time.Minute, time.Since(began))
				next := ln.dial()
				defer next.Close()
				require.Equal(t, "STILL THERE", ask(t, next, "still there"))
			})
		})
	}
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
		events := piped(t, s, func(ln *pipes, stop func()) {
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
			require.Equal(t, io.EOF, err)
			require.Equal(t, timeout, time.Since(began))
		})
		require.Equal(t, "listener closed", events[0])
	}
	// A connection that ends by itself ends the wait.
	piped(t, &Server{MaxSize: 64, MessageTimeout: hang, ShutdownTimeout: time.Hour}, func(ln *pipes, stop func()) {
		conn, began := ln.dial(), time.Now()
		stop()
		require.Equal(t, "LAST", ask(t, conn, "last"))
		conn.Close()
		synctest.Wait()
		require.Less(t, time.Since(began), time.Hour)
	})
}

// Out of descriptors or memory is no reason to stop, on no system; the end
// is one, and so is an error that Serve does not know.
func TestAcceptErrors(t *testing.T) {
	unknown := errors.New("unknown")
	for _, poor := range exhausted {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ln := &failing{errs: []error{poor, poor, poor, unknown}}
			require.Equal(t, unknown, (&Server{}).Serve(t.Context(), ln))
			require.Equal(t, (5+10+20)*time.Millisecond, time.Since(began))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			require.NoError(t, (&Server{}).Serve(ctx, &failing{errs: []error{poor}}))
			require.Equal(t, time.Minute, time.Since(began).Truncate(time.Second))
		})
	}
}

// failing is a listener whose errors come in order, the last for ever.
type failing struct {
	net.Listener
	errs []error
}

func (l *failing) Accept() (net.Conn, error) {
	err := l.errs[0]
	if len(l.errs) > 1 {
		l.errs = l.errs[1:]
	}
	if _, ok := err.(syscall.Errno); ok {
		err = &net.OpError{Op: "accept", Err: os.NewSyscallError("accept", err)}
	}
	return nil, err
}

func (l *failing) Close() error { return nil }
