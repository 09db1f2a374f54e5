package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
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
	for _, args := range []string{"", "-sequential"} {
		t.Run(args, func(t *testing.T) {
			server := program(t, append(strings.Fields(args), "-addr=127.0.0.1:0")...)
			addr, out := start(t, server)
			for range 3 {
				conn, err := net.Dial("tcp", addr)
				require.NoError(t, err)
				var answer strings.Builder
				require.NoError(t, loops.Exchange(conn, strings.NewReader("hello\n喂"), &answer, long))
				require.Equal(t, "HELLO\n喂", answer.String())
				line, err := out.ReadString('\n')
				require.NoError(t, err)
				require.Equal(t, conn.LocalAddr().String()+": closed\n", line)
				conn.Close()
			}
			stop(t, server)
		})
	}
}

func TestAgainstPython(t *testing.T) {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here to call us")
	}
	server := program(t, "-addr=127.0.0.1:0")
	addr, _ := start(t, server)
	client := exec.CommandContext(t.Context(), path, "../testdata/peer.py", "ask", addr)
	client.Stdin = strings.NewReader("hello\n喂，你好 é\n")
	got, err := client.Output()
	require.NoError(t, err)
	require.Equal(t, "HELLO\n喂，你好 é\n", string(got))
	stop(t, server)
}

// A server that runs out of descriptors keeps the clients it has, leaves
// the others in the queue, and serves them as descriptors come free.
func TestOutOfDescriptors(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no ulimit here")
	}
	self := program(t, "-addr=127.0.0.1:0")
	server := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -n 16; exec "$0" "$@"`, self.Path, "-addr=127.0.0.1:0")
	server.Env = self.Env
	addr, out := start(t, server)
	go io.Copy(io.Discard, out)
	conns := make([]net.Conn, 40)
	for i := range conns {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(long))
		conns[i] = conn
	}
	answered := func(conn net.Conn) {
		_, err := conn.Write([]byte("hello"))
		require.NoError(t, err)
		answer := make([]byte, 5)
		_, err = io.ReadFull(conn, answer)
		require.NoError(t, err)
		require.Equal(t, "HELLO", string(answer))
	}
	answered(conns[0])
	last := conns[len(conns)-1]
	last.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	_, err := last.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "there can be no descriptor for it yet")
	for _, conn := range conns[:len(conns)-1] {
		conn.Close()
	}
	last.SetReadDeadline(time.Now().Add(long))
	answered(last)
	last.Close()
	stop(t, server)
}

// Bad input gets one line: the system's own words, then what to do next.
func TestBadInput(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	const usage = "want -idle-timeout above 0"
	for args, want := range map[string]struct {
		code  int
		words string
	}{
		"-addr=" + ln.Addr().String(): {1, "listen tcp " + ln.Addr().String() + ": bind: "},
		"-addr=127.0.0.1":             {1, "listen tcp: address 127.0.0.1: missing port in address; -addr 127.0.0.1:0 picks a free port"},
		"-addr=127.0.0.1:65536":       {1, "invalid port; -addr 127.0.0.1:0 picks a free port"},
		"-sequental":                  {2, "flag provided but not defined: -sequental"},
		"hello":                       {2, usage},
		"-max-conns=0":                {2, usage},
		"-idle-timeout=0s":            {2, usage},
		"-shutdown-timeout=-1s":       {2, usage},
	} {
		t.Run(args, func(t *testing.T) {
			cmd := program(t, args)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			require.Error(t, cmd.Run())
			require.Equal(t, want.code, cmd.ProcessState.ExitCode())
			require.Empty(t, out.String())
			require.Contains(t, errs.String(), want.words)
			if !strings.HasPrefix(args, "-sequental") { // package flag lists the flags too
				require.Regexp(t, `^server: .*\n$`, errs.String())
			}
		})
	}
}
