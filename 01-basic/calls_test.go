package basic

// The tables of the source's sections 2 to 4, a test for each row.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Section 2: bind.

func TestBindTakesTheAddress(t *testing.T) {
	ln := listen(t)
	_, err := net.Listen("tcp", ln.Addr().String())
	require.ErrorIs(t, err, errInUse)
}

func TestBindToPortZeroChooses(t *testing.T) {
	require.NotZero(t, listen(t).Addr().(*net.TCPAddr).Port)
}

// Section 2: listen. The queue has its own test, for Linux.

func TestListenAnswersWithoutAccept(t *testing.T) {
	ln := listen(t)
	require.NotNil(t, dial(t, ln), "connected, and nobody has accepted")
}

// Section 2: accept.

func TestAcceptGivesTheFirstCallerFirst(t *testing.T) {
	ln := listen(t)
	var callers [3]*net.TCPConn
	for i := range callers {
		callers[i] = dial(t, ln)
	}
	for _, caller := range callers {
		conn, err := ln.Accept()
		require.NoError(t, err)
		defer conn.Close()
		require.Equal(t, caller.LocalAddr().String(), conn.RemoteAddr().String())
	}
}

func TestAcceptIsWokenByClose(t *testing.T) {
	ln := listen(t)
	ended := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		ended <- err
	}()
	require.NoError(t, ln.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
}

// Section 3: connect and connect_ex. In Go the error is a value: what
// connect_ex gives as a number, errors.Is tells by name.

func TestConnectErrorsAreValues(t *testing.T) {
	t.Run("ok", func(t *testing.T) {
		conn, err := net.Dial("tcp", listen(t).Addr().String())
		require.NoError(t, err)
		conn.Close()
	})
	t.Run("refused", func(t *testing.T) {
		addr := nobody(t)
		_, err := net.Dial("tcp", addr)
		require.ErrorIs(t, err, errRefused)
		var op *net.OpError
		require.ErrorAs(t, err, &op)
		require.Equal(t, addr, op.Addr.String(), "the error knows whom we called")
	})
	t.Run("timed out", func(t *testing.T) {
		dialer := net.Dialer{Deadline: time.Now().Add(-time.Second)}
		_, err := dialer.Dial("tcp", listen(t).Addr().String())
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
		require.NotErrorIs(t, err, errRefused)
	})
	t.Run("no such host", func(t *testing.T) {
		dialer := net.Dialer{Resolver: resolverWithoutNames(t)}
		_, err := dialer.DialContext(t.Context(), "tcp", "nobody.example:80")
		var dns *net.DNSError
		require.ErrorAs(t, err, &dns)
		require.True(t, dns.IsNotFound)
	})
	t.Run("in use", func(t *testing.T) {
		// One client port, two calls to the same number from it.
		ln := listen(t)
		first := dial(t, ln)
		dialer := net.Dialer{LocalAddr: first.LocalAddr()}
		_, err := dialer.Dial("tcp", ln.Addr().String())
		require.ErrorIs(t, err, errInUse)
	})
	t.Run("a bad port is an error too", func(t *testing.T) {
		_, err := net.Dial("tcp", "127.0.0.1:99999")
		var bad *net.AddrError
		require.ErrorAs(t, err, &bad) // connect_ex raises here after all
	})
}

// resolverWithoutNames asks a name server of the test's own, which knows
// nobody: no test needs the outside world.
func resolverWithoutNames(t *testing.T) *net.Resolver {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { pc.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := pc.ReadFrom(query)
			if err != nil {
				return
			}
			query[2], query[3] = 0x81, 0x83 // a response: no such name
			pc.WriteTo(query[:n], from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// Section 4: recv.

func TestRecvGivesWhatHasCome(t *testing.T) {
	client, server := call(t)
	_, err := server.Write([]byte("hello"))
	require.NoError(t, err)
	n, err := client.Read(make([]byte, 1024))
	require.NoError(t, err)
	// It waits for something, not for 1024 bytes.
	require.Positive(t, n)
	require.LessOrEqual(t, n, len("hello"))
}

func TestRecvLeavesTheRest(t *testing.T) {
	client, server := call(t)
	_, err := server.Write([]byte("hello"))
	require.NoError(t, err)
	require.NoError(t, server.CloseWrite())
	two := make([]byte, 2)
	_, err = io.ReadFull(client, two)
	require.NoError(t, err)
	rest, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "he|llo", string(two)+"|"+string(rest))
}

func TestRecvAtTheEnd(t *testing.T) {
	client, server := call(t)
	require.NoError(t, server.Close())
	for range 3 { // and ever after
		n, err := client.Read(make([]byte, 1024))
		require.Zero(t, n)
		require.Equal(t, io.EOF, err)
	}
}

func TestRecvWithAnEmptyBuffer(t *testing.T) {
	client, server := call(t)
	require.NoError(t, server.Close())
	// Not the end, though there is nothing but the end: 0 and no error.
	n, err := client.Read(nil)
	require.Zero(t, n)
	require.NoError(t, err)
}

// Section 4: send against sendall. The raw send is in calls_unix_test.go.

func TestWriteIsSendall(t *testing.T) {
	client, server := call(t)
	big := bytes.Repeat([]byte("0123456789"), 1_000_000)
	heard := make(chan []byte, 1)
	go func() {
		all, _ := io.ReadAll(server)
		heard <- all
	}()
	n, err := client.Write(big)
	require.NoError(t, err)
	require.Equal(t, len(big), n, "Write takes all, or tells")
	require.NoError(t, client.CloseWrite())
	require.True(t, bytes.Equal(big, <-heard))
}

func TestWriteThatTakesPartSaysSo(t *testing.T) {
	client, _ := call(t) // nobody reads
	big := make([]byte, 64<<20)
	client.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	n, err := client.Write(big)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	// sendall would not say how much went.
	require.Less(t, n, len(big))
}

// Section 4: close.

func TestCloseWakesARead(t *testing.T) {
	client, _ := call(t)
	ended := make(chan error, 1)
	go func() {
		_, err := client.Read(make([]byte, 1))
		ended <- err
	}()
	require.NoError(t, client.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
	require.ErrorIs(t, client.Close(), net.ErrClosed, "twice is an error")
}

func TestCloseDoesNotLoseWhatWasSaid(t *testing.T) {
	client, server := call(t)
	_, err := server.Write([]byte("last words"))
	require.NoError(t, err)
	require.NoError(t, server.Close())
	require.Equal(t, "last words", hear(t, client))
}

func TestHalfCloseLeavesTheOtherWayOpen(t *testing.T) {
	client, server := call(t)
	require.NoError(t, client.CloseWrite())
	_, err := server.Read(make([]byte, 1))
	require.True(t, errors.Is(err, io.EOF))
	_, err = server.Write([]byte("still talking"))
	require.NoError(t, err)
	require.NoError(t, server.Close())
	require.Equal(t, "still talking", hear(t, client))
}
