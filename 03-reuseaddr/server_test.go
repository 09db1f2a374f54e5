package reuseaddr

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var shared = Options{ReusePort: On}

// asker is what a client does with one call: dial, ask, hang up.
func asker(addr net.Addr) func(context.Context) (string, error) {
	return Requester(func(ctx context.Context) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr.String())
		if err == nil {
			// A reset at the end spares the machine a TIME_WAIT for each of
			// the thousands of calls in these tests.
			conn.(*net.TCPConn).SetLinger(0)
		}
		return conn, err
	}, false, timeout)
}

// serve runs Serve until stop is called, or the test is over.
func serve(t *testing.T, ln net.Listener, name string) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, ln, name, timeout) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { stop() })
	return stop
}

func TestTheKernelSharesOutTheCallers(t *testing.T) {
	needLinux(t, "sharing out callers")
	one := listen(t, loopback(), shared)
	serve(t, one, "server 1")
	for _, name := range []string{"server 2", "server 3"} {
		serve(t, listen(t, one.Addr().String(), shared), name)
	}
	got, err := Load(t.Context(), 300, 4, asker(one.Addr()))
	require.NoError(t, err)
	// How many each gets is the kernel's affair. That one of three should
	// get none of 300 has a chance of 1 in 10 to the 52.
	require.Equal(t, []string{"server 1", "server 2", "server 3"}, slices.Sorted(maps.Keys(got)))
	require.Equal(t, 300, got["server 1"]+got["server 2"]+got["server 3"])
	t.Logf("\n%v", got)
}

// waiting makes calls that nobody has accepted, all in the queue of ln.
func waiting(t *testing.T, ln net.Listener, calls int) (conns []net.Conn) {
	for range calls {
		conn := dial(t, ln, nil)
		_, err := io.WriteString(conn, "who is there?\n")
		require.NoError(t, err)
		conns = append(conns, conn)
	}
	return conns
}

func answered(t *testing.T, calls []net.Conn, name string) {
	t.Helper()
	for _, conn := range calls {
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, name, string(answer))
	}
}

// The kernel does not hand a queue on: who waited for the old server is
// reset, although a new one listens on the same port.
func TestClosingDropsTheQueue(t *testing.T) {
	needLinux(t, "what becomes of the queue")
	if v, err := ReadSetting("net.ipv4.tcp_migrate_req"); err == nil && v != "0" {
		t.Skip("net.ipv4.tcp_migrate_req is " + v + " on this machine: its kernel hands queues on")
	}
	old := listen(t, loopback(), shared)
	calls := waiting(t, old, 5)
	listen(t, old.Addr().String(), shared)
	require.NoError(t, old.Close())
	for _, conn := range calls {
		_, err := io.ReadAll(conn)
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
}

// So a server that is asked to stop first answers its queue, also if its
// descriptors run out meanwhile.
func TestServeAnswersItsQueueBeforeItCloses(t *testing.T) {
	ln := listen(t, loopback(), Options{})
	calls := waiting(t, ln, 5)
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	poor := &broken{ln.(*net.TCPListener), []error{syscall.EMFILE, syscall.EMFILE}}
	require.NoError(t, Serve(stopped, poor, "the old one", timeout))
	answered(t, calls, "the old one")
	_, err := ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

// To stop a server gives none of its connections more time.
func TestStoppingShortens(t *testing.T) {
	for stopAfter, ends := range map[time.Duration]time.Duration{
		0:                       DrainLimit,
		timeout - DrainLimit/10: timeout,
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(stopAfter, cancel)
			silent, conn := net.Pipe()
			defer silent.Close()
			serveConn(ctx, conn, "x", timeout)
			require.Equal(t, ends, time.Since(began))
		})
	}
}

// takingOver is a listener that gets every caller of its group.
func takingOver(t *testing.T) net.Listener {
	t.Helper()
	needLinux(t, "SO_ATTACH_REUSEPORT_CBPF")
	ln := listen(t, loopback(), shared)
	err := TakeOver(ln)
	if errors.Is(err, syscall.ENOPROTOOPT) {
		t.Skip("not on this Linux, as in qemu-user: ", err)
	}
	require.NoError(t, err)
	return ln
}

// While both listen, the newer gets every caller, in each generation.
func TestTakeOver(t *testing.T) {
	old := takingOver(t)
	for _, name := range []string{"second", "third", "fourth"} {
		fresh := listen(t, old.Addr().String(), shared)
		require.NoError(t, TakeOver(fresh))
		stop := serve(t, fresh, name)
		got, err := Load(t.Context(), 100, 4, asker(fresh.Addr()))
		require.NoError(t, err)
		require.Equal(t, Tally{name: 100}, got)
		require.NoError(t, old.Close()) // its queue is empty: it got nobody
		got, err = Load(t.Context(), 20, 1, asker(fresh.Addr()))
		require.NoError(t, err)
		require.Equal(t, Tally{name: 20}, got, "the only one left gets all")

		// The next generation: this server listens on, but answers no more.
		old = listen(t, old.Addr().String(), shared)
		require.NoError(t, TakeOver(old))
		require.NoError(t, stop())
	}
	require.Error(t, TakeOver(struct{ net.Listener }{}), "a listener without a descriptor")
}

// The whole procedure, with calls running through it from beginning to
// end: not one is refused, reset or left without an answer.
func TestRollingRestartLosesNoCall(t *testing.T) {
	first := takingOver(t)
	stop := serve(t, first, "server 0")

	enough := errors.New("enough")
	var phase, calls atomic.Int64 // phase: how many restarts are over
	const restarts = 3
	ask := asker(first.Addr())
	load := make(chan error, 1)
	var tally Tally
	go func() {
		var err error
		tally, err = Load(context.Background(), 1<<30, 8, func(ctx context.Context) (string, error) {
			if phase.Load() == restarts {
				return "", enough
			}
			defer calls.Add(1)
			return ask(ctx)
		})
		load <- err
	}()
	more := func() {
		for seen := calls.Load(); calls.Load() < seen+50; time.Sleep(time.Millisecond) {
			if len(load) > 0 {
				return // it failed: the check below says how
			}
		}
	}
	names := []string{"server 0"}
	for i := range restarts {
		more()
		name := "server " + string(rune('1'+i))
		fresh := listen(t, first.Addr().String(), shared)
		require.NoError(t, TakeOver(fresh))
		stopFresh := serve(t, fresh, name)
		require.NoError(t, stop(), "the old server, which answers its queue")
		stop, names = stopFresh, append(names, name)
		more()
		phase.Add(1)
	}
	require.ErrorIs(t, <-load, enough, "a call was lost")
	require.Equal(t, names, slices.Sorted(maps.Keys(tally)), "everyone answered some")
	t.Logf("%d calls\n%v", calls.Load(), tally)
}

// Whatever callers send, or if one says nothing at all, the server goes on,
// and stops when it is asked to.
func TestServeSurvivesItsCallers(t *testing.T) {
	t.Parallel()
	ln := listen(t, loopback(), Options{})
	stop := serve(t, ln, "server")
	silent := dial(t, ln, nil)
	for _, say := range [][]byte{nil, []byte("half a li"), make([]byte, 1<<20), []byte("\n\n\n")} {
		conn := dial(t, ln, nil)
		conn.Write(say)
		conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, conn)
	}
	slam := dial(t, ln, nil).(*net.TCPConn)
	slam.SetLinger(0)
	slam.Close()
	answer, err := asker(ln.Addr())(t.Context())
	require.NoError(t, err)
	require.Equal(t, "server", answer)
	began := time.Now()
	require.NoError(t, stop())
	require.Less(t, time.Since(began), timeout/2)
	_, err = silent.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// broken is a listener whose Accept fails at first.
type broken struct {
	*net.TCPListener
	fail []error
}

func (b *broken) Accept() (net.Conn, error) {
	if len(b.fail) == 0 {
		return b.TCPListener.Accept()
	}
	err := b.fail[0]
	b.fail = b.fail[1:]
	return nil, os.NewSyscallError("accept", err)
}

func TestServeAndAcceptErrors(t *testing.T) {
	inner := listen(t, loopback(), Options{})
	unknown := errors.New("something else")
	require.ErrorIs(t, Serve(t.Context(), &broken{inner.(*net.TCPListener), []error{syscall.EMFILE, syscall.EMFILE, unknown}}, "x", timeout), unknown)
	_, err := inner.Accept()
	require.ErrorIs(t, err, net.ErrClosed, "Serve owns the listener, and has closed it")

	closed := listen(t, loopback(), Options{})
	require.NoError(t, closed.Close())
	require.ErrorIs(t, Serve(t.Context(), closed, "x", timeout), net.ErrClosed)
}

func TestAskWithoutAnAnswer(t *testing.T) {
	ln := listen(t, loopback(), Options{})
	go func() {
		if conn, err := ln.Accept(); err == nil {
			io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	client := dial(t, ln, nil)
	_, err := RequestName(client, true, timeout)
	require.ErrorIs(t, err, ErrNoAnswer)
	_, err = RequestName(dial(t, ln, nil), false, time.Millisecond)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

// Load stops at the first failure.
func TestLoadStopsAtTheFirstFailure(t *testing.T) {
	failure := errors.New("refused")
	var calls atomic.Int64
	got, err := Load(t.Context(), 1000, 1, func(context.Context) (string, error) {
		if calls.Add(1) == 3 {
			return "", failure
		}
		return "server", nil
	})
	require.ErrorIs(t, err, failure)
	require.Equal(t, "2 answered by server\n", got.String())

	none, err := Load(t.Context(), 0, 0, nil)
	require.NoError(t, err)
	require.Empty(t, none)
}
