package main

// The program as it runs: a process of its own, which is this test binary
// with SERVER set. The other end is the lesson's package, or Python.

import (
	"bufio"
	"bytes"
	"context"
	"flag"
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
	if os.Getenv("SERVER") != "" {
		flag.CommandLine = flag.NewFlagSet("server", flag.ExitOnError) // without the tests' flags
		main()
		return
	}
	os.Exit(m.Run())
}

const long = 30 * time.Second

type server struct {
	*exec.Cmd
	stdout bufio.Reader
	stderr bytes.Buffer
}

func start(t *testing.T, args ...string) *server {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	t.Cleanup(cancel)
	s := &server{Cmd: exec.CommandContext(ctx, self, args...)}
	s.Env = append(os.Environ(), "SERVER=1")
	s.Stderr = &s.stderr
	out, err := s.StdoutPipe()
	require.NoError(t, err)
	s.stdout.Reset(out)
	require.NoError(t, s.Start())
	return s
}

// listening starts a server on a free port and reads its first line.
func listening(t *testing.T, args ...string) (s *server, addr string) {
	t.Helper()
	s = start(t, append(args, "-addr=127.0.0.1:0")...)
	line, err := s.stdout.ReadString('\n')
	require.NoError(t, err)
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, "the first line is %q", line)
	return s, addr
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestOneConnection(t *testing.T) {
	greetings := strings.Repeat("hello baby~", 31)
	for _, tt := range []struct{ args, request, want string }{
		{"", "", greetings},
		{"-reply", "hello", "you said hello"},
		{"-by-hand", "", greetings},
		{"-by-hand -reply", "hello", "you said hello"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(tt.args, "by-hand") {
				t.Skip("-by-hand needs a Unix system")
			}
			s, addr := listening(t, strings.Fields(tt.args)...)
			conn := dial(t, addr)
			var got bytes.Buffer
			require.NoError(t, basic.Send(conn, long, tt.request))
			_, err := basic.Receive(conn, long, func(p []byte) { got.Write(p) })
			require.NoError(t, err)
			require.Equal(t, tt.want, got.String())
			require.NoError(t, s.Wait())
			require.Empty(t, s.stderr.String())
		})
	}
}

func TestAgainstPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	for _, tt := range []struct{ server, client, word, want string }{
		{"-timeout=30s", "hear", "", "341"},
		{"-reply", "say", "hello", "you said hello"},
	} {
		s, addr := listening(t, tt.server)
		args := append([]string{"../testdata/peer.py", tt.client, addr}, strings.Fields(tt.word)...)
		out, err := exec.CommandContext(t.Context(), python, args...).Output()
		require.NoError(t, err)
		require.Equal(t, tt.want, strings.TrimSpace(string(out)))
		require.NoError(t, s.Wait())
	}
}

// A client that says nothing: one line, and exit code 1.
func TestSilentClients(t *testing.T) {
	s, addr := listening(t, "-reply")
	dial(t, addr).Close()
	require.EqualError(t, s.Wait(), "exit status 1")
	require.Equal(t, "server: read: EOF\n", s.stderr.String())

	s, addr = listening(t, "-reply", "-timeout=1ms")
	conn := dial(t, addr)
	require.EqualError(t, s.Wait(), "exit status 1")
	require.Equal(t, "server: read tcp "+addr+"->"+conn.LocalAddr().String()+": i/o timeout\n", s.stderr.String())
}

// Bad input: one line that says what was wrong and what to do next. Only
// flags that package flag rejects bring the list of flags with them.
func TestBadInput(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	taken := ln.Addr().String()
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"-addr=" + taken, 1, "listen tcp " + taken + ": bind: "}, // the system's words
		{"-addr=" + taken, 1, "; -addr 127.0.0.1:0 picks a free port\n"},
		{"-by-hand -addr=[::1]:0", 1, "-by-hand "},
		{"-addr=127.0.0.1", 1, "listen tcp: address 127.0.0.1: missing port in address; "},
		{"-addr=127.0.0.1:65536", 1, "invalid port; "},
		{"-addr=192.0.2.1:8080", 1, "listen tcp 192.0.2.1:8080: bind: "},
		{"-timeout=0", 2, `["-timeout=0"]: only flags, and -timeout above 0; -h lists the flags`},
		{"-timeout=-1s", 2, "-timeout above 0"},
		{"hello", 2, `["hello"]: only flags`},
		{"-repyl", 2, "flag provided but not defined: -repyl\nUsage of server:"},
		{"-timeout=soon", 2, `invalid value "soon" for flag -timeout`},
		{"-h", 0, "-addr HOST:PORT"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			s := start(t, strings.Fields(tt.args)...)
			s.Wait()
			require.Equal(t, tt.code, s.ProcessState.ExitCode())
			errs := s.stderr.String()
			require.Contains(t, errs, tt.want)
			if !strings.Contains(errs, "Usage of server:") {
				require.Equal(t, 1, strings.Count(errs, "\n"), errs)
				require.True(t, strings.HasPrefix(errs, "server: "), errs)
			}
		})
	}
}

// Asked to stop, a server ends at once, connected or not: no failure.
func TestCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can send this signal here")
	}
	for _, args := range []string{"-timeout=30s", "-by-hand", "-reply"} {
		s, addr := listening(t, args)
		var conn net.Conn
		if args == "-reply" {
			conn = dial(t, addr)
		}
		require.NoError(t, s.Process.Signal(os.Interrupt))
		require.NoError(t, s.Wait())
		require.Empty(t, s.stderr.String())
		if conn != nil {
			_, err := conn.Read(make([]byte, 1)) // the kernel has closed it
			require.Error(t, err)
		}
	}
}
