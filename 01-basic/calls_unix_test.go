//go:build unix

package basic

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// send(2) on a socket that does not block takes what fits into the send
// buffer and tells how much. Nothing is lost, unless one does not look.
func TestRawSendTakesOnlyPart(t *testing.T) {
	client, _ := call(t) // nobody reads
	raw, err := client.SyscallConn()
	require.NoError(t, err)
	big := make([]byte, 64<<20)
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

func listenByHand(t *testing.T) net.Listener {
	t.Helper()
	ln, err := ListenByHand("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

func TestPhoneByHand(t *testing.T) {
	t.Run("listen to me", func(t *testing.T) {
		ln := listenByHand(t)
		ended := serve(ln, ListenToMe, long)
		require.Len(t, hear(t, dial(t, ln)), 341)
		require.NoError(t, <-ended)
	})
	t.Run("answer", func(t *testing.T) {
		ln := listenByHand(t)
		ended := serve(ln, Answer, long)
		conn := dial(t, ln)
		require.NoError(t, Say(conn, long, "hello"))
		require.Equal(t, "you said hello", hear(t, conn))
		require.NoError(t, <-ended)
	})
	t.Run("in use", func(t *testing.T) {
		ln := listenByHand(t)
		_, err := ListenByHand("tcp", ln.Addr().String())
		require.ErrorIs(t, err, errInUse)
		require.ErrorContains(t, err, "bind")
	})
	t.Run("a name that is none", func(t *testing.T) {
		_, err := ListenByHand("tcp", "here")
		var bad *net.AddrError
		require.ErrorAs(t, err, &bad)
	})
	t.Run("IPv6", func(t *testing.T) {
		_, err := ListenByHand("tcp", "[::1]:0")
		require.ErrorContains(t, err, "the phone by hand is IPv4 only, and [::1]:0 is not")
	})
	t.Run("close wakes accept", func(t *testing.T) {
		ln := listenByHand(t)
		ended := make(chan error, 1)
		go func() {
			_, err := ln.Accept()
			ended <- err
		}()
		require.NoError(t, ln.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
		_, err := ln.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

// listen(5) is the length of the accept queue, not of a pool of half-open
// calls: with nobody accepting, six are connected in full and the seventh
// waits. It is not refused.
func TestBacklogAdmitsOneMore(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems count the backlog in their own ways")
	}
	ln := listenByHand(t)
	for range Backlog + 1 {
		dial(t, ln)
	}
	dialer := net.Dialer{Timeout: 100 * time.Millisecond}
	_, err := dialer.Dial("tcp", ln.Addr().String())
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout(), "the seventh caller: %v", err)
	require.False(t, errors.Is(err, errRefused))

	// One is answered, so there is room for one.
	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	dial(t, ln)
}

// The same queue under net.Listen, which has no backlog argument: calling
// listen again on the descriptor makes the queue shorter.
func TestBacklogCanBeShortened(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems count the backlog in their own ways")
	}
	for _, backlog := range []int{0, 1, 5} {
		ln := listen(t)
		raw, err := ln.(*net.TCPListener).SyscallConn()
		require.NoError(t, err)
		var listenErr error
		require.NoError(t, raw.Control(func(fd uintptr) { listenErr = unix.Listen(int(fd), backlog) }))
		require.NoError(t, listenErr)
		for range backlog + 1 {
			dial(t, ln)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
		// Who notices first, the context or the deadline it set on the
		// socket, differs; that it is a timeout does not.
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout(), "the next caller: %v", err)
	}
}

func TestRawSendToOneWhoLeft(t *testing.T) {
	client, server := call(t)
	require.NoError(t, client.SetLinger(0))
	require.NoError(t, client.Close())
	// The reset has come when Read says so; only then is Write sure to
	// fail.
	_, err := server.Read(make([]byte, 1))
	require.ErrorIs(t, err, errReset)
	_, err = server.Write([]byte("anybody there?"))
	require.ErrorIs(t, err, unix.EPIPE)
	require.NotErrorIs(t, err, os.ErrClosed)
}
