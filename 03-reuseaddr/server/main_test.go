package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	reuseaddr "example.com/dialtone/03-reuseaddr"
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
func start(t *testing.T, server *exec.Cmd) (addr string) {
	t.Helper()
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, "the first line is %q", line)
	return addr
}

// end kills a server: its descriptors close as they do when it ends by
// itself.
func end(server *exec.Cmd) {
	server.Process.Kill()
	server.Wait()
}

// loopback is an address for this test process alone: a port that a test
// frees for a moment could otherwise go to another program.
func loopback() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:0", 164+pid>>16&31, pid>>8&255, pid&255)
}

func needLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernel's table and its rules are Linux's")
	}
}

func requester(addr string, closeFirst bool) func(context.Context) (string, error) {
	dial := func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", addr) }
	return reuseaddr.Requester(dial, closeFirst, long)
}

func TestServes(t *testing.T) {
	server := program(t, "-addr=127.0.0.1:0")
	addr := start(t, server)
	for _, closeFirst := range []bool{false, true} {
		tally, err := reuseaddr.Load(t.Context(), 40, 4, requester(addr, closeFirst))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("40 answered by server (pid %d)\n", server.Process.Pid), tally.String())
	}
	end(server)
}

// The system's own words, then who holds the port.
func TestWhoHoldsThePort(t *testing.T) {
	needLinux(t)
	name := "server.test" // what /proc has of us
	one, two := program(t, "-addr="+loopback(), "-reuseport=on"), program(t, "-reuseport=on")
	addr := start(t, one)
	two.Args = append(two.Args, "-addr="+addr)
	require.Equal(t, addr, start(t, two))
	var errs bytes.Buffer
	third := program(t, "-addr="+addr)
	third.Stderr = &errs
	require.Error(t, third.Run())
	require.Equal(t, 1, third.ProcessState.ExitCode())
	require.Regexp(t, `^server: listen tcp `+addr+`: bind: address already in use; it is held by .*; stop it, or -addr 127\.0\.0\.1:0 picks a free port\n$`, errs.String())
	for _, cmd := range []*exec.Cmd{one, two} { // all that share it are named
		require.Contains(t, errs.String(), fmt.Sprintf("%s (pid %d)", name, cmd.Process.Pid))
	}
	end(one)
	end(two)
}

// inTimeWait waits until a connection that the server at addr has closed
// first is in TIME_WAIT. False: none was seen.
func inTimeWait(t *testing.T, addr string) bool {
	at := netip.MustParseAddrPort(addr)
	for range 2000 {
		all, err := reuseaddr.Sockets(at.Port())
		require.NoError(t, err)
		for _, s := range reuseaddr.At(all, at) {
			if s.State == reuseaddr.TimeWait {
				return true
			}
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// The bug with its message, and the cure at both servers.
func TestRestart(t *testing.T) {
	needLinux(t)
	for option, works := range map[string]bool{"off": false, "default": true} {
		t.Run(option, func(t *testing.T) {
			addr := ""
			for try := 0; addr == "" || !inTimeWait(t, addr); try++ {
				require.Less(t, try, 10, "connections that the server closed first, and no TIME_WAIT")
				server := program(t, "-addr="+loopback(), "-reuseaddr="+option)
				addr = start(t, server)
				_, err := requester(addr, false)(t.Context())
				require.NoError(t, err)
				end(server)
			}
			again := program(t, "-addr="+addr)
			if works {
				require.Equal(t, addr, start(t, again))
				end(again)
				return
			}
			var errs bytes.Buffer
			again.Stderr = &errs
			require.Error(t, again.Run())
			require.Equal(t, 1, again.ProcessState.ExitCode())
			require.Regexp(t, `^server: listen tcp `+addr+`: bind: address already in use; no program holds it any more: .* TIME_WAIT for \d\d s; wait, or `+
				`-addr 127\.0\.0\.1:0 picks a free port; to restart at once next time, set SO_REUSEADDR at both servers\n$`, errs.String())
		})
	}
}

// A rolling restart, as one types it: the new server takes over, and the old
// one is asked to stop. (TestRollingRestartLosesNoCall has it under load.)
func TestRollingRestart(t *testing.T) {
	needLinux(t)
	probe, err := reuseaddr.Listen(t.Context(), loopback(), reuseaddr.Options{ReusePort: reuseaddr.On})
	require.NoError(t, err)
	err = reuseaddr.TakeOver(probe)
	probe.Close()
	if err != nil {
		t.Skip(err)
	}
	flags := []string{"-reuseport=on", "-takeover"}
	old := program(t, append(flags, "-addr="+loopback())...)
	addr := start(t, old)
	servedBy := func(server *exec.Cmd) {
		tally, err := reuseaddr.Load(t.Context(), 40, 4, requester(addr, true))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("40 answered by server (pid %d)\n", server.Process.Pid), tally.String())
	}
	servedBy(old)
	fresh := program(t, append(flags, "-addr="+addr)...)
	require.Equal(t, addr, start(t, fresh))
	servedBy(fresh)
	require.NoError(t, old.Process.Signal(os.Interrupt))
	require.NoError(t, old.Wait(), "the old server: exit code 0")
	servedBy(fresh)
	end(fresh)
}

// Bad input gets one line: the system's own words, then what to do next.
func TestBadInput(t *testing.T) {
	for args, want := range map[string]struct {
		code  int
		words string
	}{
		"-addr=127.0.0.1":      {1, "missing port in address"},
		"-addr=192.0.2.1:8080": {1, "; -addr 127.0.0.1:0 picks a free port"},
		"-reuseaddr=yes":       {2, "choose on, off or default"},
		"-takeover":            {2, "-takeover needs -reuseport on, here and at the older server"},
		"-timeout=-1s":         {2, "-timeout more than 0"},
		"hello":                {2, "no arguments but flags"},
	} {
		cmd := program(t, args)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		require.Error(t, cmd.Run())
		require.Equal(t, want.code, cmd.ProcessState.ExitCode(), errs.String())
		require.Empty(t, out.String())
		require.Contains(t, errs.String(), want.words)
		if args != "-reuseaddr=yes" { // package flag lists the flags too
			require.Regexp(t, `^server: .*\n$`, errs.String())
		}
	}
}
