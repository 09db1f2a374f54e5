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

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		removePrograms()
		os.Exit(code)
	}))
}

// loopback is an address with port 0 for this test process alone. A port
// that a test frees for a moment could otherwise go to another program.
// All of 127/8 is this machine on Linux; elsewhere only 127.0.0.1 is.
func loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1:0"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:0", 100+pid>>16&63, pid>>8&255, pid&255|1)
}

// listen is Listen with a listener that is gone when the test is over.
func listen(t *testing.T, addr string, o Options) net.Listener {
	t.Helper()
	ln, err := Listen(t.Context(), addr, o)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// dial calls ln from a port that the kernel chooses.
func dial(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// call makes one call to ln and ends it.
func call(t *testing.T, ln net.Listener, first First) (server, client net.Conn) {
	t.Helper()
	client = dial(t, ln)
	server, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, End(first, server, client))
	if first == Client {
		require.NoError(t, settle(t.Context(), server.LocalAddr()))
	}
	return server, client
}

// rows lists the sockets whose local and remote addresses are these.
func rows(t *testing.T, local, remote net.Addr) []Socket {
	t.Helper()
	all, err := Sockets(addrPort(local).Port())
	require.NoError(t, err)
	var found []Socket
	for _, s := range all {
		if s.Local.String() == local.String() && s.Remote.String() == remote.String() {
			found = append(found, s)
		}
	}
	return found
}

func needTable(t *testing.T) {
	t.Helper()
	if _, err := Sockets(1); errors.Is(err, ErrNoTable) {
		t.Skip(err)
	}
}

func needLinux(t *testing.T, what string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("what is tested is Linux's: " + what)
	}
}

func needOptions(t *testing.T) {
	t.Helper()
	if err := (Options{ReuseAddr: On, ReusePort: On}).Available(t.Context()); err != nil {
		t.Skip(err)
	}
}

func addrPort(addr net.Addr) netip.AddrPort { return netip.MustParseAddrPort(addr.String()) }

// at is host with the port of ln.
func at(host string, ln net.Listener) string {
	return netip.AddrPortFrom(netip.MustParseAddr(host), addrPort(ln.Addr()).Port()).String()
}

// stringAddr is an address as a program prints it.
type stringAddr string

func (a stringAddr) Network() string { return "tcp" }
func (a stringAddr) String() string  { return string(a) }
