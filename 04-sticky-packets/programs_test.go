package sticky

// The two programs as the reader runs them: real processes, on the
// command line, against each other and against Python's socket.

import (
	"bufio"
	"bytes"
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
	t.Cleanup(func() { server.Wait() })
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

func TestTwoTerminals(t *testing.T) {
	addr := start(t, program(t, "server", "-addr=127.0.0.1:0"))
	in := "hello baby~\n\n你好，宝贝\n" + strings.Repeat("long ", 50_000) + "\nlast"
	client := program(t, "client", "-addr="+addr)
	client.Stdin = strings.NewReader(in)
	out, errs, code := run(t, client)
	require.Empty(t, errs)
	require.Zero(t, code)
	require.True(t, strings.ToUpper(in)+"\n" == out, "got %.60q…", out)
}

func TestAgainstPython(t *testing.T) {
	t.Run("our server", func(t *testing.T) {
		addr := start(t, program(t, "server", "-addr=127.0.0.1:0"))
		out, _, code := run(t, python(t, "ask", addr, "hello", "", "你好"))
		require.Zero(t, code)
		require.Equal(t, []string{"HELLO", "", "你好", ""}, strings.Split(strings.ReplaceAll(out, "\r", ""), "\n"))
	})
	t.Run("our client", func(t *testing.T) {
		addr := start(t, python(t, "serve"))
		client := program(t, "client", "-addr="+addr)
		client.Stdin = strings.NewReader("one\n\n你好\n")
		out, errs, code := run(t, client)
		require.Empty(t, errs)
		require.Zero(t, code)
		require.Equal(t, "oneone\n\n你好你好\n", out)
	})
}

// Bad input: one line that says what was wrong and what to do next.
func TestBadInput(t *testing.T) {
	addr := start(t, program(t, "server", "-addr=127.0.0.1:0", "-max-size=100"))
	free := start(t, program(t, "server", "-addr=127.0.0.1:0"))
	for _, tt := range []struct {
		name, program, args, in string
		code                    int
		want                    string
	}{
		{"port in use", "server", "-addr=" + addr, "", 1, "is taken by another program"},
		{"no port", "client", "-addr=127.0.0.1", "", 1, "an address is HOST:PORT"},
		{"unknown flag", "client", "-writer=3", "", 2, "flag provided but not defined: -writer; -h lists the flags"},
		{"a word too many", "client", "hello", "", 2, `"hello" is not a flag`},
		{"no writer", "client", "-writers=0", "", 2, "-writers 1 or more"},
		{"no patience", "client", "-patience=0", "", 2, "-patience more than 0"},
		{"less than none", "client", "-patience=-1s", "", 2, "-patience more than 0"},
		{"a size too large", "server", "-max-size=1073741825", "", 2, "-max-size is 0 to 1073741824"},
		{"no line at all", "server", "-max-calls=0", "", 2, "-max-calls at least 1"},
		{"no time at all", "server", "-idle=0", "", 2, "-idle more than 0"},
		{"a size below zero", "client", "-max-size=-1", "", 2, "-max-size is 0 to 1073741824"},
		{"a line too long", "client", "-max-size=3 -addr=" + free, "one\nfour\n", 1, "line 2: message too large: the maximum is 3 bytes"},
		{"too long for the server", "client", "-addr=" + addr, strings.Repeat("x", 101) + "\n", 1, "the other side hung up too early: answers missing: 1 (the server's terminal says why)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := program(t, tt.program, strings.Fields(tt.args)...)
			cmd.Stdin = strings.NewReader(tt.in)
			_, errs, code := run(t, cmd)
			require.Equal(t, tt.code, code)
			require.Contains(t, errs, tt.want)
			require.Equal(t, 1, strings.Count(errs, "\n"), "one line, not %q", errs)
			require.True(t, strings.HasPrefix(errs, tt.program+": "), errs)
		})
	}
}
