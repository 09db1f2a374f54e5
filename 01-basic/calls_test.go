package basic

// The tables of the source's sections 2 to 4, a test for each row.

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Section 2: bind, listen and accept. The queue has its own test, for Linux.

func TestBindTakesTheAddress(t *testing.T) {
	ln := listen(t)
	require.NotZero(t, ln.Addr().(*net.TCPAddr).Port, "port 0 lets the system choose")
	_, err := net.Listen("tcp", ln.Addr().String())
	require.ErrorIs(t, err, errInUse)
}

func TestAcceptTakesTheFirstFirst(t *testing.T) {
	ln := listen(t)
	var clients [3]*net.TCPConn
	for i := range clients {
		clients[i] = dial(t, ln) // connected, and nobody has accepted
	}
	for _, client := range clients {
		require.Equal(t, client.LocalAddr().String(), accept(t, ln).RemoteAddr().String())
	}
}

func TestAcceptIsWokenByClose(t *testing.T) {
	ln := listen(t)
	ended := background(func() error { _, err := ln.Accept(); return err })
	require.NoError(t, ln.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
}

// Section 3: connect and connect_ex. In Go the error is a value: what
// connect_ex gives as a number, errors.Is tells by name.

func TestConnectErrorsAreValues(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		// A client's own port is bound, and nobody listens on it.
		addr := dial(t, listen(t)).LocalAddr().String()
		_, err := net.Dial("tcp", addr)
		require.ErrorIs(t, err, errRefused)
		var op *net.OpError
		require.ErrorAs(t, err, &op)
		require.Equal(t, addr, op.Addr.String(), "the error knows whom we called")
	})
	t.Run("timed out", func(t *testing.T) {
		dialer := net.Dialer{Deadline: time.Now().Add(-time.Second)}
		_, err := dialer.Dial("tcp", listen(t).Addr().String())
		requireTimeout(t, err)
		require.NotErrorIs(t, err, errRefused)
	})
	t.Run("no such host", func(t *testing.T) {
		dialer := net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: knowsNobody}}
		_, err := dialer.DialContext(t.Context(), "tcp", "nobody.example:80")
		var dns *net.DNSError
		require.ErrorAs(t, err, &dns)
		require.True(t, dns.IsNotFound)
	})
	t.Run("in use", func(t *testing.T) {
		// Two connections from one port to the same address.
		ln := listen(t)
		dialer := net.Dialer{LocalAddr: dial(t, ln).LocalAddr()}
		_, err := dialer.Dial("tcp", ln.Addr().String())
		require.ErrorIs(t, err, errInUse)
	})
	t.Run("a bad port is an error too", func(t *testing.T) {
		_, err := net.Dial("tcp", "127.0.0.1:99999")
		var bad *net.AddrError
		require.ErrorAs(t, err, &bad) // connect_ex raises here after all
	})
}

func requireTimeout(t *testing.T, err error) {
	t.Helper()
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout(), "%v", err)
}

// knowsNobody dials a name server of the test's own: no test needs the
// outside world.
func knowsNobody(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		query := make([]byte, 512)
		n, _ := server.Read(query)
		query[4], query[5] = 0x81, 0x83 // behind its length: a response, no such name
		server.Write(query[:n])
	}()
	return client, nil
}

// The context of DialContext is for dialling, not for the connection.
func TestConnectionsSurviveTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", listen(t).Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	cancel()
	write(t, conn, "still here")
}

// Section 4: recv.

func TestRecvGivesWhatHasCome(t *testing.T) {
	client, server := connected(t)
	write(t, server, "hello")
	n, err := client.Read(make([]byte, 1024))
	require.NoError(t, err)
	// It waits for something, not for 1024 bytes.
	require.Positive(t, n)
	require.LessOrEqual(t, n, len("hello"))
}

func TestRecvLeavesTheRest(t *testing.T) {
	client, server := connected(t)
	write(t, server, "hello")
	require.NoError(t, server.CloseWrite())
	two := make([]byte, 2)
	_, err := io.ReadFull(client, two)
	require.NoError(t, err)
	require.Equal(t, "he|llo", string(two)+"|"+receive(t, client))
}

func TestRecvAtTheEnd(t *testing.T) {
	client, server := connected(t)
	require.NoError(t, server.Close())
	for range 3 { // and ever after
		n, err := client.Read(make([]byte, 1024))
		require.Zero(t, n)
		require.Equal(t, io.EOF, err)
	}
	// Into an empty buffer: not the end, though nothing else will come.
	n, err := client.Read(nil)
	require.Zero(t, n)
	require.NoError(t, err)
}

// Section 4: send against sendall. The raw send is in calls_unix_test.go.

func TestWriteIsSendall(t *testing.T) {
	client, server := connected(t)
	big := bytes.Repeat([]byte("0123456789"), 1_000_000)
	var got []byte
	ended := background(func() (err error) { got, err = io.ReadAll(server); return err })
	n, err := client.Write(big)
	require.NoError(t, err)
	require.Equal(t, len(big), n, "Write takes all, or tells")
	require.NoError(t, client.CloseWrite())
	require.NoError(t, <-ended)
	require.True(t, bytes.Equal(big, got))
}

// full returns a client whose server reads nothing, and more bytes than
// the buffers between them hold.
func full(t *testing.T) (client *net.TCPConn, big []byte) {
	client, server := connected(t)
	require.NoError(t, client.SetWriteBuffer(64<<10))
	require.NoError(t, server.SetReadBuffer(64<<10))
	return client, make([]byte, 64<<20)
}

func TestWriteThatTakesPartSaysSo(t *testing.T) {
	client, big := full(t)
	client.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	n, err := client.Write(big)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Less(t, n, len(big)) // sendall would not say how much went
}

// Section 4: close.

func TestCloseWakesARead(t *testing.T) {
	client, _ := connected(t)
	ended := background(func() error { _, err := client.Read(make([]byte, 1)); return err })
	require.NoError(t, client.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
	require.ErrorIs(t, client.Close(), net.ErrClosed, "twice is an error")
}

func TestCloseDoesNotLoseWhatWasSent(t *testing.T) {
	client, server := connected(t)
	write(t, server, "last words")
	require.NoError(t, server.Close())
	require.Equal(t, "last words", receive(t, client))
}

func TestHalfCloseLeavesTheOtherWayOpen(t *testing.T) {
	client, server := connected(t)
	require.NoError(t, client.CloseWrite())
	require.Empty(t, receive(t, server)) // the end
	write(t, server, "still sending")
	require.NoError(t, server.Close())
	require.Equal(t, "still sending", receive(t, client))
}
