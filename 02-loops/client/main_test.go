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

	loops "example.com/dialtone/02-loops"
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
func serve(t *testing.T) (addr string, closed <-chan error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended, done := make(chan error, 10), make(chan struct{})
	s := loops.Server{
		Handler:  func(conn net.Conn) error { return loops.Echo(conn, long) },
		MaxConns: 10,
		OnClose:  func(_ net.Addr, err error) { ended <- err },
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		s.Serve(ctx, ln)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ln.Addr().String(), ended
}

func TestAnswers(t *testing.T) {
	all := make([]byte, 256)
	for b := range all {
		all[b] = byte(b)
	}
	addr, closed := serve(t)
	for _, text := range []string{"hello\n喂，你好 é\n\n", string(all), ""} {
		client := program(t, "-addr="+addr)
		client.Stdin = strings.NewReader(text)
		got, err := client.Output()
		require.NoError(t, err)
		want := []byte(text)
		loops.Upper(want)
		require.Equal(t, string(want), string(got))
		require.NoError(t, <-closed)
	}
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
	client.Stdin = strings.NewReader("hello\n喂，你好 é\n")
	got, err := client.Output()
	require.NoError(t, err)
	require.Equal(t, "HELLO\n喂，你好 é\n", string(got))
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
		addr, closed := serve(t)
		client := program(t, "-addr="+addr)
		in, err := client.StdinPipe()
		require.NoError(t, err)
		out, err := client.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, client.Start())
		_, err = in.Write([]byte("hello"))
		require.NoError(t, err)
		_, err = io.ReadFull(out, make([]byte, 5))
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
	for args, want := range map[string]struct {
		code  int
		words string
	}{
		"-addr=" + nobody:                   {1, "; is the server running? make server-2"},
		"-addr=127.0.0.1":                   {1, "missing port in address; is the server running? make server-2"},
		"-addr=" + silent + " -timeout=1ms": {1, "i/o timeout"},
		"-timeout=0s":                       {2, "want -timeout above 0"},
		"hello":                             {2, "want -timeout above 0 and no other words; -h lists the flags"},
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
