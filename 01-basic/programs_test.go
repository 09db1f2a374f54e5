package basic

// The two programs as the reader runs them: real processes, on the
// command line, against each other and against Python's socket.

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	if server.Stderr == nil {
		server.Stderr = os.Stderr
	}
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

var lastLine = regexp.MustCompile(`the other side hung up: (\d+) bytes, reads: \d+\n$`)

func TestTwoTerminals(t *testing.T) {
	tests := []struct{ name, server, client, want string }{
		{"listen to me", "", "", "341"},
		{"say something", "-answer", "-say=hello", "14"},
		{"by hand", "-by-hand", "", "341"},
		{"by hand, say something", "-by-hand -answer", "-say=hello", "14"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(tt.server, "by-hand") {
				t.Skip("the phone by hand needs a Unix system")
			}
			server := program(t, "server", append(strings.Fields(tt.server), "-addr=127.0.0.1:0")...)
			addr := start(t, server)
			out, errs, code := run(t, program(t, "client", append(strings.Fields(tt.client), "-addr="+addr)...))
			require.Empty(t, errs)
			require.Zero(t, code)
			require.Regexp(t, lastLine, out)
			require.Equal(t, tt.want, lastLine.FindStringSubmatch(out)[1])
			require.NoError(t, server.Wait())
		})
	}
}

// Both wait for the other to speak, until one of them loses patience.
func TestNobodySpeaksFirst(t *testing.T) {
	server := program(t, "server", "-answer", "-addr=127.0.0.1:0")
	var errs bytes.Buffer
	server.Stderr = &errs
	_, client, code := run(t, program(t, "client", "-patience=1ms", "-addr="+start(t, server)))
	require.Equal(t, 1, code)
	require.Equal(t, "client: nothing was heard in time: the other side is silent; who is to speak?\n", client)
	require.Error(t, server.Wait())
	require.Equal(t, "server: the other side hung up too early: listen: EOF\n", errs.String())
}

func TestAgainstPython(t *testing.T) {
	t.Run("our server, listen to me", func(t *testing.T) {
		server := program(t, "server", "-addr=127.0.0.1:0")
		out, _, code := run(t, python(t, "hear", start(t, server)))
		require.Zero(t, code)
		require.Equal(t, "341", strings.TrimSpace(out))
		require.NoError(t, server.Wait())
	})
	t.Run("our server, answer", func(t *testing.T) {
		server := program(t, "server", "-answer", "-addr=127.0.0.1:0")
		out, _, code := run(t, python(t, "say", start(t, server), "hello"))
		require.Zero(t, code)
		require.Equal(t, "you said hello", strings.TrimSpace(out))
		require.NoError(t, server.Wait())
	})
	t.Run("our client, listen to me", func(t *testing.T) {
		server := python(t, "listen-to-me")
		out, _, code := run(t, program(t, "client", "-addr="+start(t, server)))
		require.Zero(t, code)
		require.Equal(t, "341", lastLine.FindStringSubmatch(out)[1])
		require.NoError(t, server.Wait())
	})
	t.Run("our client, say", func(t *testing.T) {
		server := python(t, "answer")
		out, _, code := run(t, program(t, "client", "-say=hello", "-addr="+start(t, server)))
		require.Zero(t, code)
		require.Contains(t, out, `"you said hello"`)
		require.NoError(t, server.Wait())
	})
}

// Bad input: one line that says what was wrong and what to do next.
func TestBadInput(t *testing.T) {
	ln := listen(t)
	taken := ln.Addr().String()
	nobody := nobody(t)
	tests := []struct {
		name, program, args string
		code                int
		want                string
	}{
		{"no server", "client", "-addr=" + nobody, 1, "nobody is listening at " + nobody + "; start the server first: make server-1"},
		{"port in use", "server", "-addr=" + taken, 1, taken + " is taken by another program; stop it, or choose another: -addr 127.0.0.1:0"},
		{"no port, server", "server", "-addr=127.0.0.1", 1, `missing port in address: "127.0.0.1"; an address is HOST:PORT`},
		{"no port, client", "client", "-addr=127.0.0.1", 1, `missing port in address: "127.0.0.1"; an address is HOST:PORT`},
		{"a port too high", "server", "-addr=127.0.0.1:65536", 1, "an address is HOST:PORT"},
		{"a port that is a word", "client", "-addr=127.0.0.1:phone", 1, "a port is a number from 0 to 65535"},
		{"an address of another machine", "server", "-addr=192.0.2.1:8080", 1, "192.0.2.1:8080 is not an address of this machine"},
		{"unknown flag", "server", "-ansewr", 2, "flag provided but not defined: -ansewr; -h lists the flags"},
		{"a word too many", "client", "hello", 2, `"hello" is not a flag; -h lists the flags`},
		{"a bad number", "client", "-patience=soon", 2, `invalid value "soon" for flag -patience`},
		{"no patience, client", "client", "-patience=0", 2, "-patience must be more than 0; -h lists the flags"},
		{"no patience, server", "server", "-patience=-1s", 2, "-patience must be more than 0; -h lists the flags"},
		{"silence", "client", "-patience=1ms -addr=" + taken, 1, "who is to speak?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, code := run(t, program(t, tt.program, strings.Fields(tt.args)...))
			require.Equal(t, tt.code, code)
			require.Empty(t, out)
			require.Contains(t, errs, tt.want)
			require.Equal(t, 1, strings.Count(errs, "\n"), "one line, not %q", errs)
			require.True(t, strings.HasPrefix(errs, tt.program+": "), errs)
		})
	}
}

func TestHelp(t *testing.T) {
	for _, name := range []string{"server", "client"} {
		out, errs, code := run(t, program(t, name, "-h"))
		require.Zero(t, code)
		require.Empty(t, errs)
		require.Contains(t, out, "-addr HOST:PORT")
	}
}
