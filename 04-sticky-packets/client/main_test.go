package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sticky "example.com/dialtone/04-sticky-packets"
)

const long = time.Minute

// The test binary is the program, when the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv("DIALTONE_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), "DIALTONE_PROGRAM=yes")
	return cmd
}

// serve is the lesson's server, and how each of its connections ended.
func serve(t *testing.T, maxSize uint32) (addr string, closed <-chan error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended, done := make(chan error, 10), make(chan struct{})
	s := sticky.Server{MaxSize: maxSize, MessageTimeout: long, MaxConns: 10, OnClose: func(_ net.Addr, err error) { ended <- err }}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		s.Serve(ctx, ln)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ln.Addr().String(), ended
}

func TestAgainstPython(t *testing.T) {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here to call")
	}
	server := exec.CommandContext(t.Context(), path, "../testdata/peer.py", "serve")
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	client := program(t, "-addr="+strings.TrimPrefix(strings.TrimSpace(line), "listening on "))
	client.Stdin = strings.NewReader("hello\n\n喂\n")
	got, err := client.Output()
	require.NoError(t, err)
	require.Equal(t, "hellohello\n\n喂喂\n", string(got))
	require.NoError(t, server.Wait())
}

// To the server, a client that is killed ends like any other: the kernel
// sends the FIN. Ctrl-C is no different, also while the client waits for
// the keyboard: the program dies of the signal, which a shell calls 130.
func TestKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows resets the connections of a program that is killed")
	}
	for _, signal := range []os.Signal{os.Kill, os.Interrupt} {
		addr, closed := serve(t, 1<<20)
		client := program(t, "-addr="+addr)
		in, err := client.StdinPipe()
		require.NoError(t, err)
		out, err := client.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, client.Start())
		_, err = in.Write([]byte("hello\n"))
		require.NoError(t, err)
		_, err = io.ReadFull(out, make([]byte, 6))
		require.NoError(t, err)
		require.NoError(t, client.Process.Signal(signal))
		require.NoError(t, <-closed)
		require.Error(t, client.Wait())
		status, ok := client.ProcessState.Sys().(interface{ Signal() syscall.Signal })
		require.True(t, ok)
		require.Equal(t, signal, os.Signal(status.Signal()))
	}
}

// Bad input gets one line: the system's own words, then what to do next.
func TestBadInput(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	silent := ln.Addr().String()
	// A connected client's own port is bound, and nobody listens on it.
	conn, err := net.Dial("tcp", silent)
	require.NoError(t, err)
	defer conn.Close()
	nobody := conn.LocalAddr().String()
	small, _ := serve(t, 3)
	free, _ := serve(t, 1<<20)
	const usage = "only flags; -max-size is 0 to 1073741824"
	for args, want := range map[string]struct {
		code  int
		words string
	}{
		"-addr=" + nobody:                   {1, "; is the server running? make server-4"},
		"-addr=127.0.0.1":                   {1, "missing port in address; is the server running? make server-4"},
		"-addr=" + silent + " -timeout=1ms": {1, "timeout"},
		"-addr=" + small:                    {1, "the server closed the connection early, its terminal says why"},
		"-addr=" + free + " -max-size=3":    {1, "line 1: message too large"},
		"-timeout=0s":                       {2, usage},
		"-writers=0":                        {2, usage},
		"-max-size=-1":                      {2, usage},
		"hello":                             {2, usage},
	} {
		t.Run(args, func(t *testing.T) {
			cmd := program(t, strings.Fields(args)...)
			cmd.Stdin = strings.NewReader("hello")
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			require.Error(t, cmd.Run())
			require.Equal(t, want.code, cmd.ProcessState.ExitCode())
			require.Empty(t, out.String())
			require.Contains(t, errs.String(), want.words)
			require.Regexp(t, `^client: .*\n$`, errs.String())
		})
	}
}
