//go:build unix

package basic

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// send(2) on a socket that does not block takes what fits into the send
// buffer and tells how much. Nothing is lost, unless one does not look.
func TestRawSendTakesOnlyPart(t *testing.T) {
	client, big := full(t)
	raw, err := client.SyscallConn()
	require.NoError(t, err)
	var n int
	var sendErr error
	require.NoError(t, raw.Write(func(fd uintptr) bool {
		n, sendErr = unix.Write(int(fd), big)
		return true // once: do not wait and try again, as Write does
	}))
	require.NoError(t, sendErr, "a short count is no error")
	require.Positive(t, n)
	require.Less(t, n, len(big))
}

func TestListenByHand(t *testing.T) {
	ln := opened(t, ListenByHand)
	_, err := ListenByHand("tcp", ln.Addr().String())
	require.ErrorIs(t, err, errInUse)
	require.ErrorContains(t, err, "bind")

	ended := background(func() error { return Reply(ln, long) })
	conn := dial(t, ln)
	require.NoError(t, Send(conn, long, "hello"))
	require.Equal(t, "you said hello", receive(t, conn))
	require.NoError(t, <-ended)
	_, err = ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)

	ln = opened(t, ListenByHand)
	ended = background(func() error { return SendGreetings(ln, long) })
	require.NoError(t, ln.Close()) // wakes Accept
	require.ErrorIs(t, <-ended, net.ErrClosed)

	ln = opened(t, ListenByHand)
	require.NoError(t, ln.(*listener).SetDeadline(time.Now()))
	_, err = ln.Accept()
	requireTimeout(t, err)

	_, err = ListenByHand("tcp6", ":0")
	require.ErrorContains(t, err, "listen tcp6 :0: not IPv4")
	_, err = ListenByHand("tcp", "here")
	require.ErrorContains(t, err, "missing port in address")
	_, err = ListenByHand("tcp", "[::1]:0")
	require.ErrorContains(t, err, "listen tcp [::1]:0: not IPv4")
}

// listen(5) is the length of the accept queue, not of a pool of half-open
// connections: with nobody accepting, six are connected in full and the
// seventh waits. It is not refused. net.Listen, which has no backlog
// argument, has the same queue: listen(2) called again makes it shorter.
func TestBacklogAdmitsOneMore(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems count the backlog in their own ways")
	}
	shortened := func(backlog int) net.Listener {
		ln := listen(t)
		raw, err := ln.(*net.TCPListener).SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), backlog) }))
		require.NoError(t, err)
		return ln
	}
	for _, tt := range []struct {
		backlog int
		ln      net.Listener
	}{{Backlog, opened(t, ListenByHand)}, {0, shortened(0)}, {1, shortened(1)}, {5, shortened(5)}} {
		for range tt.backlog + 1 {
			dial(t, tt.ln)
		}
		dialer := net.Dialer{Timeout: 100 * time.Millisecond}
		_, err := dialer.Dial("tcp", tt.ln.Addr().String())
		requireTimeout(t, err)
		require.NotErrorIs(t, err, errRefused)

		accept(t, tt.ln) // so there is room for one
		dial(t, tt.ln)
	}
}
