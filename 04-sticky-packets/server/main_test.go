package main

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
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

// start runs a server and gives the address that its first line names.
func start(t *testing.T, server *exec.Cmd) (addr string, out *bufio.Reader) {
	t.Helper()
	pipe, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	out = bufio.NewReader(pipe)
	line, err := out.ReadString('\n')
	require.NoError(t, err)
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, "the first line is %q", line)
	return addr, out
}

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

// It serves one client after another, tells how each ended, and Ctrl-C
// ends it with 0.
func TestServes(t *testing.T) {
	server := program(t, "-addr=127.0.0.1:0")
	addr, out := start(t, server)
	for range 3 {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		var answers strings.Builder
		client := sticky.Client{MaxSize: 1 << 20, Timeout: long, Writers: 1}
		require.NoError(t, client.Exchange(conn, strings.NewReader("hello\n\n喂\n"), &answers))
		require.Equal(t, "HELLO\n\n喂\n", answers.String())
		line, err := out.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, conn.LocalAddr().String()+": closed\n", line)
		conn.Close()
	}
	stop(t, server)
}

func TestAgainstPython(t *testing.T) {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here to call us")
	}
	server := program(t, "-addr=127.0.0.1:0")
	addr, _ := start(t, server)
	client := exec.CommandContext(t.Context(), path, "../testdata/peer.py", "ask", addr, "hello", "", "喂")
	got, err := client.Output()
	require.NoError(t, err)
	require.Equal(t, "HELLO\n\n喂\n", strings.ReplaceAll(string(got), "\r", ""))
	stop(t, server)
}

// Bad input gets one line: the system's own words, then what to do next.
func TestBadInput(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	const usage = "only flags; -max-size is 0 to 1073741824"
	for args, want := range map[string]struct {
		code  int
		words string
	}{
		"-addr=" + ln.Addr().String(): {1, "listen tcp " + ln.Addr().String() + ": bind: "},
		"-addr=127.0.0.1":             {1, "listen tcp: address 127.0.0.1: missing port in address; -addr 127.0.0.1:0 picks a free port"},
		"-max-sise=1":                 {2, "flag provided but not defined: -max-sise"},
		"hello":                       {2, usage},
		"-max-size=1073741825":        {2, usage},
		"-max-conns=0":                {2, usage},
		"-message-timeout=0s":         {2, usage},
	} {
		t.Run(args, func(t *testing.T) {
			cmd := program(t, args)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			require.Error(t, cmd.Run())
			require.Equal(t, want.code, cmd.ProcessState.ExitCode())
			require.Empty(t, out.String())
			require.Contains(t, errs.String(), want.words)
			if !strings.HasPrefix(args, "-max-sise") { // package flag lists the flags too
				require.Regexp(t, `^server: .*\n$`, errs.String())
			}
		})
	}
}
