package reuseaddr

import (
	"errors"
	"net"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// outcome is a Cell with the error by its name, to compare and to read.
type outcome struct {
	First, Old, New, Bind string
}

func outcomes(t *testing.T, cells []Cell) (all []outcome) {
	for _, c := range cells {
		bind := "ok"
		if c.Err != nil {
			require.True(t, InUse(c.Err), "%v", c.Err)
			bind = "in use"
		}
		all = append(all, outcome{c.First.String(), c.Old.String(), c.New.String(), bind})
	}
	return all
}

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

func TestMatrix(t *testing.T) {
	needOptions(t)
	runs := 200
	if testing.Short() || runtime.GOOS != "linux" {
		runs = 5
	}
	for run := range runs {
		cells, err := Matrix(t.Context(), loopback())
		require.NoError(t, err)
		got := outcomes(t, cells)
		if runtime.GOOS != "linux" {
			t.Logf("%s says: %v", runtime.GOOS, got)
			require.Equal(t, matrix[3], got[3], "on at both must bind everywhere")
			continue
		}
		require.Empty(t, cmp.Diff(matrix, got), "run %d of %d, -want +got", run+1, runs)
	}
}

// Go sets the option itself, so an ordinary restart just works.
func TestNetListenRestarts(t *testing.T) {
	for _, first := range []First{Server, Client, Reset} {
		ln, err := net.Listen("tcp", loopback())
		require.NoError(t, err)
		call(t, ln, first)
		require.NoError(t, ln.Close())
		again, err := net.Listen("tcp", ln.Addr().String())
		require.NoError(t, err, "%v first", first)
		require.NoError(t, again.Close())
	}
}

// The option ends no TIME_WAIT. It is only no longer in the way.
func TestTimeWaitOutlivesTheRestart(t *testing.T) {
	needTable(t)
	old := listen(t, loopback(), Options{})
	server, client := call(t, old, Server)
	require.NoError(t, old.Close())
	listen(t, old.Addr().String(), Options{})
	waitFor(t, func() bool {
		kept := rows(t, server.LocalAddr(), client.LocalAddr())
		return len(kept) == 1 && kept[0].State == TimeWait
	})
}

// Nor does the same caller have to wait for it: a call from the same port
// begins beyond the numbers of the old one, and takes its place.
func TestTheSameCallerEndsTimeWait(t *testing.T) {
	needLinux(t, "what becomes of the old call")
	old := listen(t, loopback(), Options{})
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: old.Addr().(*net.TCPAddr).IP}, Timeout: patience}
	client, err := dialer.DialContext(t.Context(), "tcp", old.Addr().String())
	require.NoError(t, err)
	server, err := old.Accept()
	require.NoError(t, err)
	require.NoError(t, End(Server, server, client))
	require.NoError(t, settle(t.Context(), client.LocalAddr()))
	require.NoError(t, old.Close())
	ln := listen(t, old.Addr().String(), Options{})
	dialer.LocalAddr = client.LocalAddr()
	again, err := dialer.DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	defer again.Close()
	kept := rows(t, again.RemoteAddr(), again.LocalAddr())
	require.Len(t, kept, 1)
	require.NotEqual(t, TimeWait, kept[0].State)
}

// The new server is an ordinary Go program, the old one lacked the option:
// a server in another language, or the same before the line was added.
func TestFirstRestartAfterAddingTheOption(t *testing.T) {
	needLinux(t, "other systems look only at the new socket")
	old := listen(t, loopback(), Options{ReuseAddr: Off})
	call(t, old, Server)
	require.NoError(t, old.Close())
	_, err := net.Listen("tcp", old.Addr().String())
	require.True(t, InUse(err), "%v", err)
}

// Who hangs up first keeps TIME_WAIT, and a reset leaves none.
func TestTimeWaitIsAtWhoeverHangsUpFirst(t *testing.T) {
	needTable(t)
	for _, first := range []First{Server, Client, Reset} {
		server, client := call(t, listen(t, loopback(), Options{}), first)
		state := func(local, remote net.Addr) string {
			if found := rows(t, local, remote); len(found) == 1 {
				return found[0].State.String()
			}
			return "none"
		}
		want := map[First][2]string{Server: {"TIME_WAIT", "none"}, Client: {"none", "TIME_WAIT"}, Reset: {"none", "none"}}
		var got [2]string
		waitFor(t, func() bool { // the last packets may be on their way
			got = [2]string{state(server.LocalAddr(), client.LocalAddr()), state(client.LocalAddr(), server.LocalAddr())}
			return got == want[first]
		})
	}
}

// A fixed port to call from works once. Port 0 is a new one every time.
func TestRedialFromAFixedPort(t *testing.T) {
	needLinux(t, "elsewhere connect, not bind, may be what fails")
	ln := listen(t, loopback(), Options{})
	own := &net.TCPAddr{IP: ln.Addr().(*net.TCPAddr).IP}
	client, err := (&net.Dialer{LocalAddr: own}).DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	server, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, End(Client, server, client))
	fixed := net.Dialer{LocalAddr: client.LocalAddr()}
	_, err = fixed.DialContext(t.Context(), "tcp", ln.Addr().String())
	require.True(t, InUse(err), "%v", err)
	require.Regexp(t, `^127\.[\d.]+:\d+ is taken by no program any more: ended calls: 1, `+
		`the last in TIME_WAIT for \d+ s; wait, or choose another: -from 127\.0\.0\.1:0$`, Explain(err).Error())

	free := net.Dialer{LocalAddr: own}
	again, err := free.DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	require.NotEqual(t, client.LocalAddr().String(), again.LocalAddr().String())
	require.NoError(t, again.Close())
}

// End does not wait for ever for a side that does not hang up.
func TestEndSaysWhatItWaitedFor(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	c, d := net.Pipe()
	defer c.Close()
	defer a.Close()
	err := End(Server, a, impatient{d})
	require.ErrorContains(t, err, "wait for the other side")
	var timeout net.Error
	require.True(t, errors.As(err, &timeout) && timeout.Timeout())
}
