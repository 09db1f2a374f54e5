package reuseaddr

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// outcome is a Cell with all in words, to compare and to read.
type outcome struct{ First, Old, New, Bind string }

// matrix is what Linux says, in full.
var matrix = []outcome{
	{"server", "off", "off", "in use"},
	{"server", "off", "on", "in use"}, // the first restart after adding the option
	{"server", "on", "off", "in use"},
	{"server", "on", "on", "ok"}, // both, or it is for nothing
	{"client", "off", "off", "ok"},
	{"client", "off", "on", "ok"},
	{"client", "on", "off", "ok"},
	{"client", "on", "on", "ok"},
	{"reset", "off", "off", "ok"},
	{"reset", "off", "on", "ok"},
	{"reset", "on", "off", "ok"},
	{"reset", "on", "on", "ok"},
}

func verdict(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return "ok"
	}
	require.True(t, InUse(err), "%v", err)
	return "in use"
}

func TestMatrix(t *testing.T) {
	if err := (Options{ReuseAddr: On}).Available(t.Context()); err != nil {
		t.Skip(err)
	}
	for run := range 50 {
		cells, err := Matrix(t.Context(), loopback())
		require.NoError(t, err)
		var got []outcome
		for _, c := range cells {
			got = append(got, outcome{c.First.String(), c.Old.String(), c.New.String(), verdict(t, c.Err)})
		}
		if runtime.GOOS != "linux" {
			t.Logf("%s says: %v", runtime.GOOS, got)
			require.Equal(t, matrix[3], got[3], "on at both must bind everywhere")
			return
		}
		require.Empty(t, cmp.Diff(matrix, got), "run %d, -want +got", run+1)
	}
}

// Go sets the option itself, so an ordinary restart just works.
func TestNetListenRestarts(t *testing.T) {
	for _, first := range []First{Server, Client, Reset} {
		ln, err := net.Listen("tcp", loopback())
		require.NoError(t, err)
		connect(t, ln, first)
		require.NoError(t, ln.Close())
		again, err := net.Listen("tcp", ln.Addr().String())
		require.NoError(t, err, "%v first", first)
		require.NoError(t, again.Close())
	}
}

// The new server is an ordinary Go program, the old one lacked the option:
// a server in another language, or the same before the line was added.
func TestFirstRestartAfterAddingTheOption(t *testing.T) {
	needLinux(t, "other systems look only at the new socket")
	require.True(t, rebind(t, closed, Options{ReuseAddr: Off}, Options{}))
}

// The option ends no TIME_WAIT, it is only no longer in the way. The same
// client need not wait for its end: a connection from the same port begins
// beyond the numbers of the old one, and takes its place.
func TestTheSameClientEndsTimeWait(t *testing.T) {
	needTable(t)
	old := listen(t, loopback(), Options{})
	client := dial(t, old, &net.TCPAddr{IP: old.Addr().(*net.TCPAddr).IP})
	require.NoError(t, Close(Server, accept(t, old), client))
	require.NoError(t, settle(t.Context(), client.LocalAddr()))
	require.NoError(t, old.Close())
	ln := listen(t, old.Addr().String(), Options{})
	require.Equal(t, "TIME_WAIT", state(t, ln.Addr(), client.LocalAddr()), "it outlives the restart")
	dial(t, ln, client.LocalAddr())
	require.NotContains(t, []string{"TIME_WAIT", "none"}, state(t, ln.Addr(), client.LocalAddr()))
}

// Who closes first keeps TIME_WAIT, and a reset leaves none.
func TestTimeWaitIsAtWhoeverClosesFirst(t *testing.T) {
	needTable(t)
	for first, want := range map[First][2]string{
		Server: {"TIME_WAIT", "none"}, Client: {"none", "TIME_WAIT"}, Reset: {"none", "none"},
	} {
		server, client := connect(t, listen(t, loopback(), Options{}), first)
		waitFor(t, func() bool { // the last packets may be on their way
			return want == [2]string{state(t, server.LocalAddr(), client.LocalAddr()), state(t, client.LocalAddr(), server.LocalAddr())}
		})
	}
}

// A fixed port to dial from works once. Port 0 is a new one every time.
func TestRedialFromAFixedPort(t *testing.T) {
	needTable(t)
	ln := listen(t, loopback(), Options{})
	own := &net.TCPAddr{IP: ln.Addr().(*net.TCPAddr).IP}
	client := dial(t, ln, own)
	require.NoError(t, Close(Client, accept(t, ln), client))
	waitFor(t, func() bool { return state(t, client.LocalAddr(), ln.Addr()) == "TIME_WAIT" })
	_, err := (&net.Dialer{LocalAddr: client.LocalAddr()}).DialContext(t.Context(), "tcp", ln.Addr().String())
	require.True(t, InUse(err), "%v", err)
	require.Regexp(t, `: bind: address already in use; no program holds it any more: closed connections: 1, `+
		`the last in TIME_WAIT for \d+ s; wait, or -from :0 leaves it to the system$`, Explain(err))
	require.NotEqual(t, client.LocalAddr(), dial(t, ln, own).LocalAddr())
}

// Close does not wait for ever for a side that does not close.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // with its own clock
		server, _ := net.Pipe()
		client, _ := net.Pipe()
		require.ErrorIs(t, Close(Server, server, client), os.ErrDeadlineExceeded)
	})
}

// interpreter is Python itself, not a script that looks for one.
var interpreter = sync.OnceValues(exec.Command("python3", "-c", "import sys; print(sys.executable)").Output)

func python(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := interpreter()
	if err != nil {
		t.Skip("no python3 here to restart with: ", err)
	}
	return exec.CommandContext(t.Context(), strings.TrimSpace(string(path)), append([]string{"-I", "-S"}, args...)...)
}

// servePython starts peer.py as a server and returns its first line.
func servePython(t *testing.T, args ...string) (server *exec.Cmd, line string) {
	t.Helper()
	server = python(t, append([]string{"testdata/peer.py", "serve"}, args...)...)
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	line, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return server, strings.TrimSpace(line)
}

// The source's restart, with Python on one side of it or on both: it says
// what the matrix says.
func TestPythonAgreesWithTheMatrix(t *testing.T) {
	needLinux(t, "the matrix")
	for _, want := range matrix {
		// With the client first nothing is refused: without the option at
		// either is the hardest case.
		if want.First == "reset" || want.First == "client" && want.Old+want.New != "offoff" {
			continue
		}
		first := map[string]First{"server": Server, "client": Client}[want.First]
		for _, who := range [][2]string{{"Python", "Go"}, {"Go", "Python"}, {"Python", "Python"}} {
			var old, fresh Choice
			require.NoError(t, errors.Join(old.Set(want.Old), fresh.Set(want.New)))
			var addr string
			// Two programs can lose TIME_WAIT: see TestLateSegmentEndsTimeWait.
			for try, there := 0, false; !there; try++ {
				require.Less(t, try, 5)
				addr = loopback()
				if who[0] == "Python" {
					server, line := servePython(t, addr, want.Old, want.First)
					addr = strings.TrimPrefix(line, "listening on ")
					require.NoError(t, python(t, "testdata/peer.py", "call", addr, want.First).Run())
					require.NoError(t, server.Wait())
				} else {
					ln := listen(t, addr, Options{ReuseAddr: old})
					addr = ln.Addr().String()
					connect(t, ln, first)
					require.NoError(t, ln.Close())
				}
				tcp, err := net.ResolveTCPAddr("tcp", addr)
				require.NoError(t, errors.Join(err, settle(t.Context(), tcp)))
				left, err := Sockets(addrPort(tcp).Port())
				there = err != nil || len(At(left, addrPort(tcp))) > 0 || first == Client
			}

			var got string
			if who[1] == "Python" {
				server, line := servePython(t, addr, want.New, want.First)
				server.Process.Kill()
				server.Wait()
				got = strings.Replace(line, "listening on "+addr, "ok", 1)
			} else {
				ln, err := Listen(t.Context(), addr, Options{ReuseAddr: fresh})
				if got = verdict(t, err); err == nil {
					ln.Close()
				}
			}
			require.Equal(t, want.Bind, got, "%v: %+v", who, want)
		}
	}
}

// Python's socket() leaves the option off; its create_server, like Go's
// net.Listen, switches it on.
func TestPythonHasItOnInCreateServer(t *testing.T) {
	needLinux(t, "POSIX systems do, Windows does not")
	out, err := python(t, "-c", `import socket
for s in socket.socket(), socket.create_server(("127.0.0.1", 0)):
    print(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))`).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "0\n1\n", string(out))
}
