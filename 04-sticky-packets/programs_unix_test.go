//go:build unix

package sticky

import (
	"bufio"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ctrl-C asks a server to stop: that is no failure, with a caller on the
// line or without.
func TestCtrlCStopsTheServer(t *testing.T) {
	for _, caller := range []bool{false, true} {
		server := program(t, "server", "-addr=127.0.0.1:0", "-grace=0")
		addr := start(t, server)
		if caller {
			require.Equal(t, "HELLO", ask(t, dial(t, addr), "hello"))
		}
		require.NoError(t, server.Process.Signal(os.Interrupt))
		require.NoError(t, server.Wait())
	}
}

// Ctrl-C while it waits for somebody to type ends the client with 130.
func TestCtrlCInterruptsTheClient(t *testing.T) {
	addr, _ := serve(t, nil)
	client := program(t, "client", "-addr="+addr)
	keyboard, err := client.StdinPipe()
	require.NoError(t, err)
	out, err := client.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, client.Start())
	_, err = keyboard.Write([]byte("hello\n"))
	require.NoError(t, err)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HELLO\n", line)
	require.NoError(t, client.Process.Signal(syscall.SIGINT))
	require.Error(t, client.Wait())
	require.Equal(t, 130, client.ProcessState.ExitCode())
}
