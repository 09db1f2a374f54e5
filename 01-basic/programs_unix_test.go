//go:build unix

package basic

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPrivilegedPort(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	server := program(t, "server", "-addr=127.0.0.1:1")
	server = exec.CommandContext(ctx, server.Path, server.Args[1:]...)
	if os.Getuid() == 0 {
		// Root may; let somebody else try.
		server.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		require.NoError(t, os.Chmod(programsDir, 0o755))
	}
	_, errs, code := run(t, server)
	if ctx.Err() != nil {
		t.Skip("this system lets anybody listen at privileged ports")
	}
	require.Equal(t, 1, code)
	require.Equal(t, "server: 127.0.0.1:1: not permitted (ports below 1024 are privileged); choose a higher one: -addr 127.0.0.1:8080\n", errs)
}

// Ctrl-C asks a server to stop: that is no failure.
func TestCtrlCStopsTheServer(t *testing.T) {
	for _, args := range [][]string{{}, {"-answer"}, {"-by-hand"}} {
		server := program(t, "server", append(args, "-addr=127.0.0.1:0")...)
		start(t, server)
		require.NoError(t, server.Process.Signal(os.Interrupt))
		require.NoError(t, server.Wait())
	}
}

// In the middle of a call, too.
func TestCtrlCStopsTheServerInACall(t *testing.T) {
	server := program(t, "server", "-answer", "-addr=127.0.0.1:0")
	conn, err := net.Dial("tcp", start(t, server))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, server.Process.Signal(os.Interrupt))
	require.NoError(t, server.Wait())
	_, err = conn.Read(make([]byte, 1)) // the kernel hung up
	require.Error(t, err)
}

// Ctrl-C in the middle of a call ends the client with 130.
func TestCtrlCInterruptsTheClient(t *testing.T) {
	ln := listen(t)
	client := program(t, "client", "-addr="+ln.Addr().String())
	out, err := client.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, client.Start())
	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("hello"))
	require.NoError(t, err)
	_, err = bufio.NewReader(out).ReadString('\n') // it is listening
	require.NoError(t, err)
	require.NoError(t, client.Process.Signal(syscall.SIGINT))
	require.Error(t, client.Wait())
	require.Equal(t, 130, client.ProcessState.ExitCode())
}
