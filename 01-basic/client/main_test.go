package main

// The program as it runs: a process of its own, which is this test binary
// with CLIENT set. The other end is the lesson's package, or Python.

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	basic "example.com/dialtone/01-basic"
)

func TestMain(m *testing.M) {
	if os.Getenv("CLIENT") != "" {
		flag.CommandLine = flag.NewFlagSet("client", flag.ExitOnError) // without the tests' flags
		main()
		return
	}
	os.Exit(m.Run())
}

const long = 30 * time.Second

func client(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), "CLIENT=1")
	return cmd
}

// run runs a client to its end.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	cmd := client(t, args...)
	cmd.Stdout, cmd.Stderr = &o, &e
	cmd.Run()
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

const (
	greetings = `the other side closed: 341 bytes, reads: `
	answer    = "read 1: 14 bytes \"you said hello\"\nthe other side closed: 14 bytes, reads: 1\n"
)

func TestOneConnection(t *testing.T) {
	for _, tt := range []struct {
		serve func(net.Listener, time.Duration) error
		flag  string
		want  string
	}{
		{basic.SendGreetings, "-send=", greetings},
		{basic.Reply, "-send=hello", answer},
		// What a line leaves out is marked, outside the quotes.
		{basic.Reply, "-send=" + strings.Repeat("长", 40), `"you said ` + strings.Repeat("长", 35) + "\"…\n"},
		{basic.Reply, "-send=" + strings.Repeat("长", 35), `"you said ` + strings.Repeat("长", 35) + "\"\n"},
	} {
		ln := listen(t)
		ended := make(chan error, 1)
		go func() { ended <- tt.serve(ln, long) }()
		out, errs, code := run(t, tt.flag, "-addr="+ln.Addr().String())
		require.Zero(t, code)
		require.Empty(t, errs)
		require.Contains(t, out, tt.want)
		require.NoError(t, <-ended)
	}
}

func TestAgainstPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	for _, tt := range []struct{ server, flag, want string }{
		{"listen-to-me", "-send=", greetings},
		{"answer", "-send=hello", answer},
	} {
		server := exec.CommandContext(t.Context(), python, "../testdata/peer.py", tt.server)
		stdout, err := server.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, server.Start())
		line, err := bufio.NewReader(stdout).ReadString('\n')
		require.NoError(t, err)
		out, _, code := run(t, tt.flag, "-addr="+strings.TrimSpace(strings.TrimPrefix(line, "listening on ")))
		require.Zero(t, code)
		require.Contains(t, out, tt.want)
		require.NoError(t, server.Wait())
	}
}

// Bad input: one line that says what was wrong and what to do next. Only
// flags that package flag rejects bring the list of flags with them.
func TestBadInput(t *testing.T) {
	ln := listen(t)
	silent := ln.Addr().String()
	conn, err := net.Dial("tcp", silent)
	require.NoError(t, err)
	defer conn.Close()
	nobody := conn.LocalAddr().String() // bound, and nobody listens on it
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"-addr=" + nobody, 1, "dial tcp " + nobody + ": connect"}, // the system's words
		{"-addr=" + nobody, 1, "; is the server running? make server-1\n"},
		{"-addr=127.0.0.1", 1, "dial tcp: address 127.0.0.1: missing port in address; "},
		{"-addr=127.0.0.1:65536", 1, "invalid port; "},
		{"-addr=127.0.0.1:phone", 1, "lookup tcp/phone: "},
		{"-timeout=50ms -addr=" + silent, 1, silent + ": i/o timeout"},
		{"-timeout=0", 2, `["-timeout=0"]: only flags, and -timeout above 0; -h lists the flags`},
		{"-timeout=-1s", 2, "-timeout above 0"},
		{"hello", 2, `["hello"]: only flags`},
		{"-sned=hello", 2, "flag provided but not defined: -sned\nUsage of client:"},
		{"-timeout=soon", 2, `invalid value "soon" for flag -timeout`},
		{"-h", 0, "-addr HOST:PORT"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			out, errs, code := run(t, strings.Fields(tt.args)...)
			require.Equal(t, tt.code, code)
			require.Empty(t, out)
			require.Contains(t, errs, tt.want)
			if !strings.Contains(errs, "Usage of client:") {
				require.Equal(t, 1, strings.Count(errs, "\n"), errs)
				require.True(t, strings.HasPrefix(errs, "client: "), errs)
			}
		})
	}
}

// Ctrl-C in the middle of a connection ends the client by that signal (a
// shell says 130), and the kernel closes the connection.
func TestCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can send this signal here")
	}
	ln := listen(t)
	cmd := client(t, "-addr="+ln.Addr().String())
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	io.WriteString(conn, "hello")
	_, err = bufio.NewReader(out).ReadString('\n') // it is reading
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.EqualError(t, cmd.Wait(), "signal: interrupt")
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}
