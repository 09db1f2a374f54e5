package loops

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The second caller, at either server.
func TestSecondCaller(t *testing.T) {
	t.Run("one by one: waits until the first hangs up", func(t *testing.T) {
		l := serve(t, Server{}, (*Server).ServeSequential)
		secondCallerWaits(t, l)
	})
	t.Run("serve: does not wait", func(t *testing.T) {
		l := serve(t, Server{}, (*Server).Serve)
		first, second := l.dial(t), l.dial(t)
		chat(t, first, "first", "FIRST")
		chat(t, second, "second", "SECOND") // first is still on the line
		chat(t, first, "first", "FIRST")
	})
	t.Run("at most one call: waits, and is not turned away", func(t *testing.T) {
		l := serve(t, Server{MaxConns: 1}, (*Server).Serve)
		secondCallerWaits(t, l)
	})
}

func secondCallerWaits(t *testing.T, l *life) {
	first := l.dial(t)
	chat(t, first, "first", "FIRST")
	second := l.dial(t) // the kernel answers
	_, err := second.Write([]byte("second"))
	require.NoError(t, err)
	second.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	_, err = second.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "nobody else does")

	require.NoError(t, first.Close())
	second.SetReadDeadline(time.Now().Add(long))
	answer := make([]byte, 6)
	_, err = io.ReadFull(second, answer)
	require.NoError(t, err)
	require.Equal(t, "SECOND", string(answer))
}

// Asked to stop, Serve answers no more, lets the call in progress go on,
// and returns when that is over.
func TestGracefulStop(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln := &closeTeller{Listener: inner, closed: make(chan struct{})}
	l := serveOn(t, Server{ShutdownTimeout: long}, (*Server).Serve, ln)
	conn := l.dial(t)
	chat(t, conn, "before", "BEFORE")

	l.cancel()
	<-ln.closed // nobody answers any more
	chat(t, conn, "after", "AFTER")
	select {
	case <-l.ended:
		t.Fatal("Serve returned with a call in progress")
	default:
	}
	require.NoError(t, conn.Close())
	require.NoError(t, <-l.ended)
	require.NoError(t, <-l.closed)
}

type closeTeller struct {
	net.Listener
	once   sync.Once
	closed chan struct{}
}

func (c *closeTeller) Close() error {
	err := c.Listener.Close()
	c.once.Do(func() { close(c.closed) })
	return err
}

// early tells of a connection that is closed before its listener.
type early struct{ *closeTeller }

func (e early) Accept() (net.Conn, error) {
	conn, err := e.Listener.Accept()
	return earlyConn{conn, e.closed}, err
}

type earlyConn struct {
	net.Conn
	listenerClosed <-chan struct{}
}

func (c earlyConn) Close() error {
	select {
	case <-c.listenerClosed:
	default:
		panic("closed before the listener was")
	}
	return c.Conn.Close()
}

// Nobody new is accepted before anybody is sent away. A call that goes on
// past ShutdownTimeout is cut.
func TestListenerClosesFirst(t *testing.T) {
	for name, run := range servers {
		t.Run(name, func(t *testing.T) {
			inner, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			ln := early{&closeTeller{Listener: inner, closed: make(chan struct{})}}
			l := serveOn(t, Server{ShutdownTimeout: 10 * time.Millisecond}, run, ln)
			conn := l.dial(t)
			chat(t, conn, "hello", "HELLO")
			l.cancel()
			require.NoError(t, <-l.ended)
			require.ErrorIs(t, <-l.closed, net.ErrClosed)
			_, err = conn.Read(make([]byte, 1))
			require.Equal(t, io.EOF, err)
		})
	}
}

// Stopped while every line is taken. Whoever waits in the accept queue
// then is reset.
func TestStopWithAllLinesTaken(t *testing.T) {
	l := serve(t, Server{MaxConns: 1}, (*Server).Serve)
	conn := l.dial(t)
	chat(t, conn, "hello", "HELLO")
	waiting := l.dial(t)
	l.cancel()
	require.NoError(t, <-l.ended)
	_, err := waiting.Read(make([]byte, 1))
	require.ErrorIs(t, err, errReset)
}

// Stopped before it began, it takes nobody.
func TestStoppedAtOnce(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for name, run := range servers {
		for range 100 { // select picks at random
			ln := &scripted{closed: make(chan struct{})}
			require.NoError(t, run(new(Server), stopped, ln), name)
			require.Zero(t, ln.accepts.Load(), name)
		}
	}
}

// The client sees its connection end before OnClose is called, which may
// take a while.
func TestClosesBeforeItTells(t *testing.T) {
	client, server := pipe(t)
	told := make(chan struct{})
	s := Server{Handler: echo(long), OnClose: func(net.Addr, error) { <-told }}
	var call sync.WaitGroup
	call.Go(func() { s.serveConn(t.Context(), server) })
	require.NoError(t, client.CloseWrite())
	_, err := client.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	close(told)
	call.Wait()
}

// scripted is a listener whose Accept fails as told.
type scripted struct {
	errs    []error
	accepts atomic.Int32
	once    sync.Once // a real listener's Close, too, may be called twice at once
	closed  chan struct{}
}

func (s *scripted) Accept() (net.Conn, error) {
	if i := int(s.accepts.Add(1)); i <= len(s.errs) {
		return nil, s.errs[i-1]
	}
	<-s.closed
	return nil, net.ErrClosed
}

func (s *scripted) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *scripted) Addr() net.Addr { return &net.TCPAddr{} }

func opError(err error) error {
	return &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept", err)}
}

// Out of descriptors, the loop waits longer each time; it neither gives up
// nor spins. Stopped in the middle of such a pause, it stops at once.
func TestAcceptBacksOff(t *testing.T) {
	for name, run := range servers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ln := &scripted{closed: make(chan struct{})}
				for range 100 {
					ln.errs = append(ln.errs, opError(errExhausted))
				}
				l := serveOn(t, Server{}, run, ln)
				// 5, 10, 20, … 640 ms, then a second each time.
				time.Sleep(1275*time.Millisecond - 1)
				synctest.Wait()
				require.EqualValues(t, 8, ln.accepts.Load())
				time.Sleep(2*time.Second + 2)
				synctest.Wait()
				require.EqualValues(t, 11, ln.accepts.Load())
				stopped := time.Now()
				l.cancel()
				require.NoError(t, <-l.ended)
				require.Zero(t, time.Since(stopped))
			})
		})
	}
}

// An error that the loop does not know ends it: going on might spin.
func TestUnknownAcceptErrorEndsServe(t *testing.T) {
	for name, run := range servers {
		t.Run(name, func(t *testing.T) {
			unknown := errors.New("the cable is on fire")
			l := serveOn(t, Server{}, run, &scripted{errs: []error{unknown}, closed: make(chan struct{})})
			require.ErrorIs(t, <-l.ended, unknown)
		})
	}
	t.Run("a listener closed by somebody else", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		l := serveOn(t, Server{}, (*Server).Serve, ln)
		require.NoError(t, ln.Close())
		require.ErrorIs(t, <-l.ended, net.ErrClosed)
	})
}

// 2,000 clients at once, each with answers of its own; nothing is left of
// them.
func TestManyCallers(t *testing.T) {
	const callers = 2_000
	descriptors := func() int { open, _ := os.ReadDir("/proc/self/fd"); return len(open) } // 0 where that cannot be told
	l := serve(t, Server{MaxConns: callers}, (*Server).Serve)
	before := descriptors()
	conns := make([]*net.TCPConn, callers)
	for i := range conns {
		conns[i] = l.dial(t)
	}
	for range 2 {
		for i, conn := range conns {
			id := strconv.Itoa(i)
			chat(t, conn, "caller "+id, "CALLER "+id)
		}
	}
	for _, conn := range conns {
		conn.SetLinger(0) // leaves no TIME_WAIT behind: lesson 3
		conn.Close()
	}
	for range conns {
		require.ErrorIs(t, <-l.closed, errReset)
	}
	require.LessOrEqual(t, descriptors(), before, "descriptors left open")
}
