package reuseaddr

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var choices = []Choice{Off, On}

// A live listener is no TIME_WAIT: nobody gets past it, option or not.
func TestALiveListenerRefusesASecond(t *testing.T) {
	if err := (Options{ReuseAddr: On, ReusePort: On}).Available(t.Context()); err != nil {
		t.Skip(err)
	}
	for _, old := range choices {
		for _, fresh := range choices {
			require.True(t, rebind(t, live, Options{ReuseAddr: old}, Options{ReuseAddr: fresh}), "old %v, new %v", old, fresh)
		}
	}
}

// An old server that has closed its listener still holds the port while a
// connection is open, and only the option at both lets a new one in.
func TestAnOpenConnectionHoldsThePort(t *testing.T) {
	needLinux(t, "the rule for connections that are still open")
	for _, old := range choices {
		for _, fresh := range choices {
			require.Equal(t, old == Off || fresh == Off, rebind(t, open, Options{ReuseAddr: old}, Options{ReuseAddr: fresh}), "old %v, new %v", old, fresh)
		}
	}
}

// SO_REUSEPORT at both lets a second listener in, and a restart; at one of
// them neither. For the second listener SO_REUSEADDR makes no difference.
func TestReusePortNeedsBoth(t *testing.T) {
	needLinux(t, "the rules of SO_REUSEPORT")
	for _, old := range choices {
		for _, fresh := range choices {
			want := old == Off || fresh == Off
			for _, addr := range choices {
				require.Equal(t, want, rebind(t, live, Options{addr, old}, Options{addr, fresh}), "old %v, new %v", old, fresh)
			}
			require.Equal(t, want, rebind(t, closed, Options{Off, old}, Options{Off, fresh}), "restart, old %v, new %v", old, fresh)
		}
	}
}

func TestAnotherAddressIsFree(t *testing.T) {
	needLinux(t, "the rest of 127/8 is not set up elsewhere")
	ln := listen(t, loopback(), Options{ReuseAddr: Off})
	// Twice 100 beyond the port's own: nobody else's either.
	host := "127.2" + strings.TrimPrefix(addrPort(ln.Addr()).Addr().String(), "127.1")
	listen(t, at(host, ln), Options{ReuseAddr: Off})
}

// Explain adds to what the system says, and loses nothing of it.
func TestExplainAdds(t *testing.T) {
	bind := os.NewSyscallError("bind", os.ErrPermission)
	here := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	for _, tt := range []struct {
		err  error
		hint string
	}{
		{errors.New("no error of package net"), ""},
		{&net.OpError{Op: "listen", Err: errors.New("missing port")}, ""},
		{&net.OpError{Op: "listen", Addr: here, Err: bind}, "; -addr 127.0.0.1:0 picks a free port"},
		{&net.OpError{Op: "dial", Source: here, Err: bind}, "; -from :0 leaves it to the system"},
		{&net.OpError{Op: "dial", Addr: here, Err: errors.New("timeout")}, "; is the server running? make server-3"},
	} {
		require.EqualError(t, Explain(tt.err), tt.err.Error()+tt.hint)
		require.ErrorIs(t, Explain(tt.err), tt.err)
	}
}

// An old server that is gone, and a program that still has the connection.
func TestWhoHoldsTheConnection(t *testing.T) {
	needTable(t)
	ln := listen(t, loopback(), Options{})
	dial(t, ln, nil)
	accept(t, ln)
	require.NoError(t, ln.Close())
	_, err := Listen(t.Context(), ln.Addr().String(), Options{ReuseAddr: Off})
	require.Regexp(t, `: bind: address already in use; it is held by .+ \(pid \d+\); stop it, or -addr 127\.0\.0\.1:0 picks a free port$`, Explain(err))

	// Somebody else's, whose descriptors one may not read.
	hidden := []Socket{{Inode: 1<<63 + 1, UID: 4711}}
	who, gone := whoHolds(hidden, 1000)
	require.Equal(t, "a program of user 4711, which this one may not look at", who)
	require.Empty(t, gone)
	// One's own, or seen by root: it was closed while we looked.
	for _, me := range []int{4711, 0} {
		who, gone = whoHolds(hidden, me)
		require.Empty(t, who+gone)
	}
	who, gone = whoHolds(nil, 1000)
	require.Empty(t, who+gone)
}
