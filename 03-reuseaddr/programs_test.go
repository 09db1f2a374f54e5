package reuseaddr

// The programs as the reader runs them: real processes, on the command
// line; and the restart with Python's socket on one side of it.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// programs builds the programs once, into a folder that removePrograms
// takes away.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lesson-")
	if err != nil {
		return "", err
	}
	programsDir = dir
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./server", "./client", "./ss").CombinedOutput()
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

// snake is the interpreter itself, not a script that looks for one.
var snake = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	return strings.TrimSpace(string(out)), err
})

func python(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := snake()
	if err != nil {
		t.Skip("no python3 here to restart with: ", err)
	}
	return exec.CommandContext(t.Context(), path, append([]string{"-I", "-S", "testdata/peer.py"}, args...)...)
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

// end stops a server in the middle of its life; its descriptors close as
// they do when it ends by itself.
func end(t *testing.T, server *exec.Cmd) {
	t.Helper()
	if err := server.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
	server.Wait()
}

func TestTwoTerminals(t *testing.T) {
	server := program(t, "server", "-addr=127.0.0.1:0")
	addr := start(t, server)
	for _, args := range []string{"-calls=1", "-hang-up", "-calls=40 -at-once=4", "-calls=40 -at-once=4 -hang-up", "-from=127.0.0.1:0"} {
		out, errs, code := run(t, program(t, "client", append(strings.Fields(args), "-addr="+addr)...))
		require.Empty(t, errs)
		require.Zero(t, code)
		calls := 1
		if strings.Contains(args, "40") {
			calls = 40
		}
		require.Equal(t, fmt.Sprintf("%d answered by server (pid %d)\n", calls, server.Process.Pid), out)
	}
	end(t, server)
}

// The message that this lesson's server gives, about a real server.
func TestWhoHoldsThePort(t *testing.T) {
	needTable(t)
	server := program(t, "server", "-addr="+loopback())
	addr := start(t, server)
	pid := server.Process.Pid
	_, errs, code := run(t, program(t, "server", "-addr="+addr))
	require.Equal(t, 1, code)
	require.Equal(t, fmt.Sprintf("server: %s is taken by server (pid %d); stop it or choose another: -addr 127.0.0.1:0\n", addr, pid), errs)

	// One server a port, unless they share it; then all are named.
	end(t, server)
	one, two := program(t, "server", "-addr="+loopback(), "-reuseport=on"), program(t, "server", "-reuseport=on")
	addr = start(t, one)
	two.Args = append(two.Args, "-addr="+addr)
	require.Equal(t, addr, start(t, two))
	_, errs, code = run(t, program(t, "server", "-addr="+addr))
	require.Equal(t, 1, code)
	for _, cmd := range []*exec.Cmd{one, two} {
		require.Contains(t, errs, fmt.Sprintf("server (pid %d)", cmd.Process.Pid))
	}
	out, _, code := run(t, program(t, "ss", "-addr="+addr))
	require.Zero(t, code)
	require.Equal(t, 2, strings.Count(out, "LISTEN"), out)
	require.Regexp(t, `LISTEN +0 +0 +`+addr+` +0\.0\.0\.0:0 +off 0\.0s +server \(pid \d+\)`, out)
	end(t, one)
	end(t, two)
}

// inTimeWait waits until a call that the server at addr has hung up first
// is in TIME_WAIT. False: none was seen, and there is nothing to be seen of
// the rule.
func inTimeWait(t *testing.T, addr string) bool {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		all, err := Sockets(addrPort(stringAddr(addr)).Port())
		require.NoError(t, err)
		for _, s := range At(all, addrPort(stringAddr(addr))) {
			if s.State == TimeWait {
				return true
			}
		}
	}
	return false
}

// A restarted is a restart that was tried: where, and what came of it.
type restarted struct {
	addr, stdout, stderr string
	code                 int
}

// tryRestart lets old answer one call, and starts fresh when old is gone.
// Both take an address. A fresh server that listens is stopped.
func tryRestart(t *testing.T, hangUp First, old, fresh func(addr string) *exec.Cmd, call func(addr string) *exec.Cmd) restarted {
	t.Helper()
	for range 10 {
		server := old(loopback())
		addr := start(t, server)
		_, errs, code := run(t, call(addr))
		require.Zero(t, code, errs)
		end(t, server)
		if hangUp == Server && !inTimeWait(t, addr) {
			continue
		}
		if hangUp == Client {
			require.NoError(t, settle(t.Context(), stringAddr(addr)))
		}
		again := fresh(addr)
		var stderr bytes.Buffer
		again.Stderr = &stderr
		out, err := again.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, again.Start())
		line, _ := bufio.NewReader(out).ReadString('\n')
		if strings.HasPrefix(line, "listening on ") {
			again.Process.Kill()
		}
		again.Wait()
		return restarted{addr, line, stderr.String(), again.ProcessState.ExitCode()}
	}
	t.Fatal("ten calls that the server hung up first, and no TIME_WAIT")
	return restarted{}
}

// The restart on the command line: the bug, its message, and its cure at
// both servers.
func TestRestartOnTheCommandLine(t *testing.T) {
	needTable(t)
	server := func(reuse string) func(addr string) *exec.Cmd {
		return func(addr string) *exec.Cmd { return program(t, "server", "-addr="+addr, "-reuseaddr="+reuse) }
	}
	for _, tt := range []struct {
		old   string
		first First
		fresh string
		works bool
	}{
		{"off", Server, "off", false},
		{"off", Server, "default", false},
		{"default", Server, "off", false},
		{"default", Server, "default", true},
		{"off", Client, "off", true},
	} {
		got := tryRestart(t, tt.first, server(tt.old), server(tt.fresh), func(addr string) *exec.Cmd {
			return program(t, "client", "-addr="+addr, fmt.Sprint("-hang-up=", tt.first == Client))
		})
		if tt.works {
			require.Equal(t, "listening on "+got.addr+"\n", got.stdout, got.stderr)
			continue
		}
		require.Equal(t, 1, got.code)
		require.Regexp(t, `^server: `+got.addr+` is taken by no program any more: ended calls: 1, the last in TIME_WAIT for \d\d s; `+
			`wait, or choose another: -addr 127\.0\.0\.1:0; to restart at once next time, set SO_REUSEADDR at both servers\n$`, got.stderr)
	}
}

// An old server that is gone, and its child that still holds the call.
func TestWhoHoldsTheCall(t *testing.T) {
	needLinux(t, "the rule for calls that are still open")
	ln := listen(t, loopback(), Options{})
	dial(t, ln)
	server, err := ln.Accept()
	require.NoError(t, err)
	defer server.Close()
	require.NoError(t, ln.Close())
	_, err = Listen(t.Context(), ln.Addr().String(), Options{ReuseAddr: Off})
	require.Regexp(t, fmt.Sprintf(`^%v is taken by \S+ \(pid %d\); stop it or choose another: `, ln.Addr(), os.Getpid()), Explain(err).Error())

	// Somebody else's, whose descriptors one may not read.
	hidden := Socket{Inode: 1<<63 + 1, UID: 4711}
	who, gone := whoHolds([]Socket{hidden}, 1000)
	require.Equal(t, "a program of user 4711 that this one may not look at", who)
	require.Empty(t, gone)
	// One's own, or root: it was closed while we looked.
	for _, me := range []int{4711, 0} {
		who, gone = whoHolds([]Socket{hidden}, me)
		require.Empty(t, who+gone)
	}
	who, gone = whoHolds(nil, 1000)
	require.Empty(t, who+gone)
}

// The source's restart, with Python on one side of it or on both: it says
// what the matrix says.
func TestPythonAgreesWithTheMatrix(t *testing.T) {
	needLinux(t, "the matrix")
	python(t) // skips where there is none
	for _, want := range matrix {
		// With the client first nothing is refused: without the option at
		// either is the hardest case.
		if want.First == "reset" || want.First == "client" && want.Old+want.New != "offoff" {
			continue
		}
		first := map[string]First{"server": Server, "client": Client}[want.First]
		server := func(who, reuse string) func(addr string) *exec.Cmd {
			return func(addr string) *exec.Cmd {
				if who == "Python" {
					return python(t, "serve", addr, reuse, want.First)
				}
				return program(t, "server", "-addr="+addr, "-reuseaddr="+reuse)
			}
		}
		for _, who := range [][2]string{{"Python", "Go"}, {"Go", "Python"}, {"Python", "Python"}} {
			got := tryRestart(t, first, server(who[0], want.Old), server(who[1], want.New), func(addr string) *exec.Cmd {
				if who[0] == "Python" {
					return python(t, "call", addr, want.First)
				}
				return program(t, "client", "-addr="+addr, fmt.Sprint("-hang-up=", first == Client))
			})
			bind := "in use"
			if got.stdout == "listening on "+got.addr+"\n" {
				bind = "ok"
			}
			require.Equal(t, want.Bind, bind, "%v then %v: %+v\n%+v", who[0], who[1], want, got)
		}
	}
}

// Python's socket() leaves the option off; its create_server, like Go's
// net.Listen, switches it on.
func TestPythonHasItOnInCreateServer(t *testing.T) {
	needLinux(t, "POSIX systems do, Windows does not")
	python(t) // skips where there is none
	path, err := snake()
	require.NoError(t, err)
	out, errs, code := run(t, exec.CommandContext(t.Context(), path, "-I", "-S", "-c", `import socket
for s in socket.socket(), socket.create_server(("127.0.0.1", 0)):
    print(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))`))
	require.Zero(t, code, errs)
	require.Equal(t, "0\n1\n", out)
}

// Bad input: one line that says what was wrong and what to do next.
func TestBadInput(t *testing.T) {
	nobody := nobody(t)
	deafAndDumb := listen(t, loopback(), Options{})
	for _, tt := range []struct {
		program, args string
		code          int
		want          string
	}{
		{"client", "-addr=" + nobody, 1, "nobody is listening at " + nobody + "; start the server first: make server-3"},
		{"client", "-patience=300ms -addr=" + deafAndDumb.Addr().String(), 1, "who is to speak?"},
		{"client", "-from=8080", 1, "an address is HOST:PORT"},
		{"client", "-from=127.0.0.1:4103 -calls=3 -at-once=3", 2, "one port makes one call at a time: -at-once 1, or -from :0"},
		{"client", "-from=192.0.2.1:0", 1, "-from 192.0.2.1:0 is not an address of this machine; -from :0 leaves it to the system"},
		{"client", "-calls=0", 2, "-calls 0 makes no call"},
		{"client", "-calls=-1", 2, "invalid value \"-1\" for flag -calls"},
		{"server", "-addr=127.0.0.1", 1, "an address is HOST:PORT"},
		{"server", "-addr=192.0.2.1:8080", 1, "192.0.2.1:8080 is not an address of this machine"},
		{"server", "-reuseaddr=yes", 2, "choose on, off or default"},
		{"server", "-takeover", 2, "-takeover needs -reuseport on, here and at the older server, which must be the same user's"},
		{"ss", "-addr=8080", 2, "not an ip:port; -h lists the flags"},
	} {
		if runtime.GOOS != "linux" && tt.program == "ss" {
			continue
		}
		out, errs, code := run(t, program(t, tt.program, strings.Fields(tt.args)...))
		require.Equal(t, tt.code, code, errs)
		require.Empty(t, out)
		require.Contains(t, errs, tt.want)
		require.Equal(t, 1, strings.Count(errs, "\n"), "one line, not %q", errs)
	}
	for _, name := range []string{"server", "client", "ss"} {
		out, _, code := run(t, program(t, name, "-h"))
		require.Zero(t, code)
		require.Contains(t, out, "usage: "+name)
	}
}

// A rolling restart with real servers: the new one is told to take over,
// the old one is asked to stop, and a load of calls runs through it all.
func TestRollingRestartOfRealServers(t *testing.T) {
	needLinux(t, "TakeOver")
	flags := []string{"-reuseport=on", "-takeover"}
	old := program(t, "server", append(flags, "-addr="+loopback())...)
	addr := start(t, old)
	enough := errors.New("enough")
	var over atomic.Bool
	var mu sync.Mutex
	seen := Tally{}
	ask := asker(stringAddr(addr))
	load := make(chan error, 1)
	go func() {
		_, err := Load(context.Background(), 1<<30, 4, func(ctx context.Context) (string, error) {
			if over.Load() {
				return "", enough
			}
			name, err := ask(ctx)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				seen[name]++
			}
			return name, err
		})
		load <- err
	}()
	answeredBy := func(server *exec.Cmd) {
		waitFor(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(load) > 0 || seen[fmt.Sprintf("server (pid %d)", server.Process.Pid)] > 20
		})
	}
	answeredBy(old)
	fresh := program(t, "server", append(flags, "-addr="+addr)...)
	require.Equal(t, addr, start(t, fresh))
	require.NoError(t, old.Process.Signal(os.Interrupt))
	require.NoError(t, old.Wait(), "the old server: exit code 0")
	answeredBy(fresh)
	over.Store(true)
	require.ErrorIs(t, <-load, enough, "a call was lost")
	require.Len(t, seen, 2, "%v", seen)
	end(t, fresh)
}
