package reuseaddr

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const timeout = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback is an address with port 0 for this test process alone. A port
// that a test frees for a moment could otherwise go to another program.
// All of 127/8 is this machine on Linux; elsewhere only 127.0.0.1 is.
func loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1:0"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:0", 100+pid>>16&63, pid>>8&255, pid&255)
}

// listen is Listen with a listener that is gone when the test is over.
func listen(t *testing.T, addr string, o Options) net.Listener {
	t.Helper()
	ln, err := Listen(t.Context(), addr, o)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// dial connects to ln; from is a local address, or nil.
func dial(t *testing.T, ln net.Listener, from net.Addr) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{LocalAddr: from}).DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(timeout))
	return conn
}

func accept(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// connect makes one connection to ln and ends it.
func connect(t *testing.T, ln net.Listener, first First) (server, client net.Conn) {
	t.Helper()
	client = dial(t, ln, nil)
	server = accept(t, ln)
	require.NoError(t, Close(first, server, client))
	if first == Client {
		require.NoError(t, settle(t.Context(), server.LocalAddr()))
	}
	return server, client
}

// What the old server leaves behind.
const (
	live   = "a live listener"
	open   = "an open connection"
	closed = "a connection that it closed first"
)

// rebind says whether bind calls an address in use that an old listener
// had, and where it has left something.
func rebind(t *testing.T, left string, old, fresh Options) bool {
	t.Helper()
	ln := listen(t, loopback(), old)
	switch left {
	case open:
		dial(t, ln, nil)
		accept(t, ln)
	case closed:
		connect(t, ln, Server)
	}
	if left != live {
		require.NoError(t, ln.Close())
	}
	again, err := Listen(t.Context(), ln.Addr().String(), fresh)
	if err == nil {
		require.NoError(t, again.Close())
	}
	require.Equal(t, err != nil, InUse(err), "%v", err)
	return err != nil
}

// state is that of the socket with these addresses, or "none".
func state(t *testing.T, local, remote net.Addr) string {
	t.Helper()
	if s := find(t, local, remote); len(s) == 1 {
		return s[0].State.String()
	}
	return "none"
}

func find(t *testing.T, local, remote net.Addr) (found []Socket) {
	t.Helper()
	all, err := Sockets(addrPort(local).Port())
	require.NoError(t, err)
	for _, s := range all {
		if s.Local.String() == local.String() && s.Remote.String() == remote.String() {
			found = append(found, s)
		}
	}
	return found
}

func needTable(t *testing.T) {
	t.Helper()
	ln := listen(t, "127.0.0.1:0", Options{})
	switch all, err := Sockets(addrPort(ln.Addr()).Port()); {
	case errors.Is(err, ErrNoTable):
		t.Skip(err)
	case err == nil && len(At(all, addrPort(ln.Addr()))) == 0:
		t.Skip("the kernel's table has another byte order than this program: it is run by an emulator")
	}
}

func needLinux(t *testing.T, what string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("what is tested is Linux's: " + what)
	}
}

func addrPort(addr net.Addr) netip.AddrPort { return netip.MustParseAddrPort(addr.String()) }

// at is host with the port of ln.
func at(host string, ln net.Listener) string {
	return netip.AddrPortFrom(netip.MustParseAddr(host), addrPort(ln.Addr()).Port()).String()
}

// waitFor waits until the kernel has come so far.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(timeout); !done(); time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(end), "it did not happen in %v", timeout)
	}
}
