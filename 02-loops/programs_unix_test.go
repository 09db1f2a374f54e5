//go:build unix

package loops

import (
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// To the server, a client that is killed hangs up like any other: the
// kernel sends the FIN.
func TestKillNine(t *testing.T) {
	l := serve(t, Server{}, (*Server).Serve)
	client := program(t, "client", "-addr="+l.addr)
	in, err := client.StdinPipe()
	require.NoError(t, err)
	out, err := client.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, client.Start())
	_, err = in.Write([]byte("hello"))
	require.NoError(t, err)
	_, err = io.ReadFull(out, make([]byte, 5))
	require.NoError(t, err)
	require.NoError(t, client.Process.Kill())
	require.NoError(t, <-l.talks)
	client.Wait()
}

// Ctrl-C ends a client that waits for the keyboard, with 130.
func TestCtrlCAtTheKeyboard(t *testing.T) {
	l := serve(t, Server{}, (*Server).Serve)
	client := program(t, "client", "-addr="+l.addr)
	in, err := client.StdinPipe()
	require.NoError(t, err)
	out, err := client.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, client.Start())
	_, err = in.Write([]byte("hello"))
	require.NoError(t, err)
	_, err = io.ReadFull(out, make([]byte, 5))
	require.NoError(t, err)
	require.NoError(t, client.Process.Signal(os.Interrupt))
	require.Error(t, client.Wait())
	require.Equal(t, 130, client.ProcessState.ExitCode())
}

// A server that runs out of descriptors keeps the callers it has, leaves
// the others in the queue, and answers them as lines come free.
func TestOutOfDescriptors(t *testing.T) {
	server := program(t, "server", "-addr=127.0.0.1:0")
	limited := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `ulimit -n 16; exec "$0" "$@"`, server.Path}, server.Args[1:]...)...)
	l := life{addr: start(t, limited)}
	defer stop(t, limited)
	conns := make([]net.Conn, 40)
	for i := range conns {
		conns[i] = l.dial(t)
	}
	chat(t, conns[0], "first", "FIRST")
	last := conns[len(conns)-1]
	_, err := last.Write([]byte("last"))
	require.NoError(t, err)
	last.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	_, err = last.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "there can be no line for him yet")
	for _, conn := range conns[:len(conns)-1] {
		conn.Close()
	}
	last.SetReadDeadline(time.Now().Add(long))
	answer := make([]byte, 4)
	_, err = io.ReadFull(last, answer)
	require.NoError(t, err)
	require.Equal(t, "LAST", string(answer))
	last.Close()
}
