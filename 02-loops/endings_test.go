package loops

// How calls end: every way there is, seen from the server, which survives
// them all and serves on.

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHowCallsEnd(t *testing.T) {
	tests := []struct {
		name string
		end  func(t *testing.T, conn *net.TCPConn)
		want error // what Echo returned
	}{
		{"hang up: FIN, the end", func(t *testing.T, conn *net.TCPConn) {
			require.NoError(t, conn.Close())
		}, nil},
		{"half-close: FIN too, so the end does not mean gone", func(t *testing.T, conn *net.TCPConn) {
			require.NoError(t, conn.CloseWrite())
			_, err := conn.Read(make([]byte, 1)) // still listening
			require.Equal(t, io.EOF, err)
		}, nil},
		{"slam the phone, by linger 0: RST", func(t *testing.T, conn *net.TCPConn) {
			require.NoError(t, conn.SetLinger(0))
			require.NoError(t, conn.Close())
		}, errReset},
		{"slam the phone, by bytes unread: RST", func(t *testing.T, conn *net.TCPConn) {
			_, err := conn.Write([]byte("one more"))
			require.NoError(t, err)
			// One byte of the answer is here, so all of it is; the rest
			// is never read.
			_, err = io.ReadFull(conn, make([]byte, 1))
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		}, errReset},
	}
	for name, run := range servers {
		l := serve(t, Server{}, run)
		for _, tt := range tests {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				conn := l.dial(t)
				chat(t, conn, "hello", "HELLO")
				tt.end(t, conn)
				require.ErrorIs(t, <-l.closed, tt.want)
				// The next caller does not notice.
				next := l.dial(t)
				chat(t, next, "next", "NEXT")
				next.Close()
				require.NoError(t, <-l.closed)
			})
		}
	}
}

// Nothing is heard and nobody has hung up: only a deadline ends it. So it is
// with the pair of the source, where both read first.
func TestSilence(t *testing.T) {
	for name, run := range servers {
		t.Run(name, func(t *testing.T) {
			l := serve(t, Server{Handler: echo(50 * time.Millisecond)}, run)
			conn := l.dial(t)
			require.ErrorIs(t, <-l.closed, os.ErrDeadlineExceeded)
			_, err := conn.Read(make([]byte, 1))
			require.Equal(t, io.EOF, err, "and the server hung up")
		})
	}
}

// To write to one who has left succeeds until the reset has come: success
// means that the kernel took the bytes, not that anybody heard them. The
// answer to them is that reset; after it, Write fails.
func TestWriteToOneWhoHasLeft(t *testing.T) {
	client, server := pipe(t)
	require.NoError(t, client.Close())
	_, err := server.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)

	_, err = server.Write([]byte("anybody there?"))
	require.NoError(t, err, "the first")
	for err == nil { // until the reset has come
		_, err = server.Write([]byte("hello?"))
	}
	require.ErrorIs(t, err, errPipe)
}

// What was said before the phone was slammed is heard first.
func TestDataBeforeReset(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Winsock may throw away what has not been read by then")
	}
	client, server := pipe(t)
	_, err := client.Write([]byte("last words"))
	require.NoError(t, err)
	require.NoError(t, client.SetLinger(0))
	require.NoError(t, client.Close())
	heard := make([]byte, 10)
	_, err = io.ReadFull(server, heard)
	require.NoError(t, err)
	require.Equal(t, "last words", string(heard))
	_, err = server.Read(heard)
	require.ErrorIs(t, err, errReset)
	_, err = server.Read(heard)
	require.Equal(t, io.EOF, err, "a reset is told once")
}

// To expect a reset and nothing else is not enough: this client writes and
// is gone before anybody reads, and the answers break the pipe. The server
// of the source dies of it; ours does not notice.
func TestSourceServerDiesOfBrokenPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Winsock calls it a reset")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here to call")
	}
	rude := func(addr string) {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		_, err = conn.Write(bytes.Repeat([]byte("rude"), 10_000))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	server := exec.CommandContext(t.Context(), python, "testdata/peer.py", "fragile")
	in, err := server.StdinPipe()
	require.NoError(t, err)
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	var died bytes.Buffer
	server.Stderr = &died
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	rude(strings.TrimPrefix(strings.TrimSpace(line), "listening on "))
	_, err = in.Write([]byte("now\n"))
	require.NoError(t, err)
	require.Error(t, server.Wait())
	require.Contains(t, died.String(), "BrokenPipeError")

	l := serve(t, Server{}, (*Server).Serve)
	rude(l.addr)
	<-l.closed // ended, one way or another
	chat(t, l.dial(t), "next", "NEXT")
}
