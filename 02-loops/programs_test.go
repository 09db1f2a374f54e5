package loops

// The two programs as the reader runs them: real processes, on the
// command line, against each other and against Python's socket.

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// programs builds the server and the client once, into a folder that
// removePrograms takes away.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lesson-")
	if err != nil {
		return "", err
	}
	programsDir = dir
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./server", "./client").CombinedOutput()
	os.Stderr.Write(out)
	return dir, err
})

var programsDir string

func removePrograms() { os.RemoveAll(programsDir) }

func program(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	dir, err := programs()
	require.NoError(t, err)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return exec.CommandContext(t.Context(), filepath.Join(dir, name), args...)
}

func python(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here to call or be called by")
	}
	return exec.CommandContext(t.Context(), path, append([]string{"testdata/peer.py"}, args...)...)
}

// start runs a server and gives the address that its first line names.
func start(t *testing.T, server *exec.Cmd) (addr string) {
	t.Helper()
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	server.Stderr = os.Stderr
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, "the first line is %q", line)
	return addr
}

// run runs a program to its end.
func run(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); !failed {
		require.NoError(t, err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// text has every byte there is, and some that stay together.
var text = func() string {
	all := []byte("hello\n喂，你好 é\n\n")
	for b := range 256 {
		all = append(all, byte(b))
	}
	return string(all)
}()

func stop(t *testing.T, server *exec.Cmd) {
	t.Helper()
	if runtime.GOOS == "windows" {
		server.Process.Kill() // there is no Ctrl-C to send
		server.Wait()
		return
	}
	require.NoError(t, server.Process.Signal(os.Interrupt))
	require.NoError(t, server.Wait(), "asked to stop is no failure")
}

func TestTwoTerminals(t *testing.T) {
	for _, args := range []string{"", "-sequential"} {
		t.Run("server "+args, func(t *testing.T) {
			server := program(t, "server", append(strings.Fields(args), "-addr=127.0.0.1:0")...)
			addr := start(t, server)
			defer stop(t, server)
			for range 3 {
				client := program(t, "client", "-addr="+addr)
				client.Stdin = strings.NewReader(text)
				out, errs, code := run(t, client)
				require.Empty(t, errs)
				require.Zero(t, code)
				require.Equal(t, upper(text), out)
			}
		})
	}
}

func TestStandardInputClosed(t *testing.T) {
	server := program(t, "server", "-addr=127.0.0.1:0")
	addr := start(t, server)
	defer stop(t, server)
	// No Stdin: the null device, at its end from the start.
	out, errs, code := run(t, program(t, "client", "-addr="+addr))
	require.Empty(t, out+errs)
	require.Zero(t, code)
}

func TestAgainstPython(t *testing.T) {
	t.Run("our server", func(t *testing.T) {
		client := python(t, "ask")
		server := program(t, "server", "-addr=127.0.0.1:0")
		client.Args = append(client.Args, start(t, server))
		defer stop(t, server)
		client.Stdin = strings.NewReader(text)
		out, errs, code := run(t, client)
		require.Empty(t, errs)
		require.Zero(t, code)
		require.Equal(t, upper(text), out)
	})
	t.Run("our client", func(t *testing.T) {
		server := python(t, "serve")
		client := program(t, "client", "-addr="+start(t, server))
		client.Stdin = strings.NewReader(text)
		out, errs, code := run(t, client)
		require.Empty(t, errs)
		require.Zero(t, code)
		require.Equal(t, upper(text), out)
		require.NoError(t, server.Wait())
	})
}

// To expect a reset and nothing else is not enough: this caller speaks and
// is gone before anybody listens, and the answers break the pipe. The
// server of the source dies of it; ours does not notice.
func TestSourceServerDiesOfBrokenPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Winsock calls it a reset")
	}
	rude := func(addr string) {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		_, err = conn.Write(bytes.Repeat([]byte("rude"), 10_000))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	server := python(t, "fragile")
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
	<-l.talks // ended, one way or another
	chat(t, l.dial(t), "next", "NEXT")
}

// Bad input: one line that says what was wrong and what to do next.
func TestBadInput(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	taken := ln.Addr().String()
	nobody := nobody(t)
	tests := []struct {
		name, program, args string
		code                int
		want                string
	}{
		{"no server", "client", "-addr=" + nobody, 1, "nobody is listening at " + nobody + "; start the server first: make server-2"},
		{"port in use", "server", "-addr=" + taken, 1, taken + " is taken by another program; stop it, or choose another: -addr 127.0.0.1:0"},
		{"no port", "client", "-addr=127.0.0.1", 1, `missing port in address: "127.0.0.1"; an address is HOST:PORT`},
		{"a port too high", "server", "-addr=127.0.0.1:65536", 1, "an address is HOST:PORT"},
		{"unknown flag", "server", "-sequental", 2, "flag provided but not defined: -sequental; -h lists the flags"},
		{"a word too many", "client", "hello", 2, `"hello" is not a flag; -h lists the flags`},
		{"no line at all", "server", "-max=0", 2, "-max must be at least 1"},
		{"no time at all", "server", "-idle=0s", 2, "-idle more than 0"},
		{"a grace of less than nothing", "server", "-grace=-1s", 2, "-grace not less than 0"},
		{"no patience at all", "client", "-patience=0s", 2, "-patience must be more than 0"},
		{"a silent server", "client", "-patience=1ms -addr=" + taken, 1, "who is to speak?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := program(t, tt.program, strings.Fields(tt.args)...)
			client.Stdin = strings.NewReader(text)
			out, errs, code := run(t, client)
			require.Equal(t, tt.code, code)
			require.Empty(t, out)
			require.Contains(t, errs, tt.want)
			require.Equal(t, 1, strings.Count(errs, "\n"), "one line, not %q", errs)
			require.True(t, strings.HasPrefix(errs, tt.program+": "), errs)
		})
	}
}
