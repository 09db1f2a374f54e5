package listen_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/03-reuseaddr/exercises/internal/grade"
	"example.com/dialtone/03-reuseaddr/exercises/listen"
)

// begun skips a test while Listen is the stub: this address is none.
func begun(t *testing.T) {
	t.Helper()
	grade.Begun(t, func() error { _, err := listen.Listen("nowhere", true); return err })
	if runtime.GOOS == "windows" {
		t.Skip("this exercise is about Unix: on Windows SO_REUSEADDR means something else, and Go leaves it off")
	}
}

// loopback is an address of this process alone, where the system has more
// than one: what it sets free for a moment nobody else takes.
func loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1:0"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:0", 100+pid>>16&63, pid>>8&255, pid&255|1)
}

// open calls Listen, which must work.
func open(t *testing.T, c grade.Case, addr string, reuse bool) net.Listener {
	t.Helper()
	var ln net.Listener
	var err error
	c.Run(t, func() { ln, err = listen.Listen(addr, reuse) })
	c.NoError(t, err)
	c.True(t, ln != nil, "a listener", "nil, and no error either")
	t.Cleanup(func() { ln.Close() })
	return ln
}

// serverFirst makes one call that the server hangs up first, and closes
// the listener: the port is in TIME_WAIT.
func serverFirst(t *testing.T, c grade.Case, ln net.Listener) {
	t.Helper()
	client, err := net.DialTimeout("tcp", ln.Addr().String(), 5*time.Second)
	require.NoError(t, err)
	defer client.Close()
	client.SetDeadline(time.Now().Add(5 * time.Second))
	var server net.Conn
	c.Run(t, func() { server, err = ln.Accept() })
	c.NoError(t, err)
	server.Close()
	_, err = io.ReadAll(client)
	require.NoError(t, err)
	ln.Close()
}

func TestListenTakesCalls(t *testing.T) {
	begun(t)
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		for _, reuse := range []bool{true, false} {
			if ln, err := net.Listen("tcp", addr); err != nil {
				continue // a machine without IPv6
			} else {
				ln.Close()
			}
			c := grade.Case{
				Did:   fmt.Sprintf("Listen(%q, %v), then a call to the address of the listener", addr, reuse),
				Means: "the network should be \"tcp\", and the address the one that was given",
			}
			ln := open(t, c, addr, reuse)
			got, err := netip.ParseAddrPort(ln.Addr().String())
			want := netip.MustParseAddrPort(addr).Addr()
			c.True(t, err == nil && got.Addr() == want, fmt.Sprintf("a listener on %v alone", want), "one on "+ln.Addr().String())
			serverFirst(t, c, ln)
		}
	}
}

func TestListenSetsTheOption(t *testing.T) {
	begun(t)
	for _, reuse := range []bool{true, false} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(addr, %v), then getsockopt(SO_REUSEADDR) on its socket", reuse),
			Means: "Go switches the option on by itself: false must set it to 0, not leave it alone",
		}
		ln := open(t, c, loopback(), reuse)
		socket, ok := ln.(syscall.Conn)
		c.Usually("hand out the listener as net made it").
			True(t, ok, "a listener with a socket (SyscallConn)", fmt.Sprintf("a %T", ln))
		raw, err := socket.SyscallConn()
		require.NoError(t, err)
		var value int
		var failed error
		require.NoError(t, raw.Control(func(fd uintptr) {
			value, failed = reuseaddr(fd)
		}))
		require.NoError(t, failed)
		c.True(t, value != 0 == reuse, fmt.Sprintf("on: %v", reuse), fmt.Sprintf("on: %v", value != 0))
	}
}

// The restart of the chapter, with Listen at both ends of it.
func TestListenRestarts(t *testing.T) {
	begun(t)
	for _, both := range []bool{true, false} {
		if !both && runtime.GOOS != "linux" {
			continue // other systems look only at the new socket
		}
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(addr, %v), a call that the server hangs up first, Close, and Listen(addr, %v) again", both, both),
			Means: "the option is not what reuse says when bind is called",
		}
		old := open(t, c, loopback(), both)
		serverFirst(t, c, old)
		if both {
			open(t, c, old.Addr().String(), true)
			continue
		}
		refused(t, c, old.Addr().String(), false)
	}
}

// Option on at the old one, off at the new one: what counts is what the
// new socket has when it calls bind.
func TestListenSetsItBeforeBind(t *testing.T) {
	begun(t)
	if runtime.GOOS != "linux" {
		t.Skip("only tried on Linux")
	}
	c := grade.Case{
		Did:   "Listen(addr, true), a call that the server hangs up first, Close, and Listen(addr, false)",
		Means: "the option was on when bind was called: never taken away, or too late, after bind",
	}
	old := open(t, c, loopback(), true)
	serverFirst(t, c, old)
	refused(t, c, old.Addr().String(), false)
}

// The kernel knows the option, so setsockopt never fails by itself: here it
// is made to.
func TestListenReportsSetsockopt(t *testing.T) {
	begun(t)
	addr := loopback()
	c := grade.Case{
		Did:   fmt.Sprintf("Listen(%q, false) where setsockopt(SO_REUSEADDR, 0) fails with ENOPROTOOPT", addr),
		Means: "the error of setsockopt was dropped: RawConn.Control returns only its own, so keep that of the function inside it in a variable, and return it too",
	}
	var ln net.Listener
	var err, cannot error
	var times int
	c.Run(t, func() {
		times, cannot = refusing(func() { ln, err = listen.Listen(addr, false) })
	})
	if err == nil && ln != nil {
		defer ln.Close()
	}
	if cannot != nil {
		t.Skipf("setsockopt cannot be made to fail here: %v", cannot)
	}
	if times == 0 && err == nil {
		t.Skip("nothing set SO_REUSEADDR to 0 on the goroutine that called Listen: there was no setsockopt to fail")
	}
	c.True(t, err != nil, "the error of setsockopt", "no error (nil)")
	c.Usually("the error was replaced by one that no longer holds it (wrap with %w)").
		ErrorIs(t, err, syscall.ENOPROTOOPT)
	c.Usually("a nil *net.TCPListener in a net.Listener is not nil: return nil itself").
		True(t, ln == nil, "nil beside the error", fmt.Sprintf("a listener that is not nil (%T)", ln))
}

// A listener that lives is refused whatever the option says. Another option,
// SO_REUSEPORT, would let the second one in.
func TestListenRefusesALiveAddress(t *testing.T) {
	begun(t)
	for _, reuse := range []bool{true, false} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(addr, %v) twice, with the first one still listening", reuse),
			Means: "SO_REUSEPORT was set: it is another option, that lets two servers share a port",
		}
		ln := open(t, c, loopback(), reuse)
		refused(t, c, ln.Addr().String(), reuse)
	}
}

// refused wants "address already in use", and no listener.
func refused(t *testing.T, c grade.Case, addr string, reuse bool) {
	t.Helper()
	var ln net.Listener
	var err error
	c.Run(t, func() { ln, err = listen.Listen(addr, reuse) })
	if ln != nil && err == nil {
		ln.Close()
		c.Fail(t, "the second Listen refused: address already in use", "a listener on "+addr)
	}
	c.Usually("the error was dropped or replaced by one that no longer holds it (wrap with %w)").
		ErrorIs(t, err, syscall.EADDRINUSE)
	c.Usually("a nil *net.TCPListener in a net.Listener is not nil: return nil itself").
		True(t, ln == nil, "nil beside the error", fmt.Sprintf("a listener that is not nil (%T)", ln))
}

func TestListenReportsABadAddress(t *testing.T) {
	begun(t)
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:65536", "192.0.2.1:0"} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(%q, true), which is no address to listen at", addr),
			Means: "the error of net was dropped: return it",
		}
		var ln net.Listener
		var err error
		c.Run(t, func() { ln, err = listen.Listen(addr, true) })
		var op *net.OpError
		c.True(t, errors.As(err, &op), "the error of net, a *net.OpError", grade.Describe(err))
		c.Usually("a nil *net.TCPListener in a net.Listener is not nil: return nil itself").
			True(t, ln == nil, "nil beside the error", fmt.Sprintf("a listener that is not nil (%T)", ln))
	}
}
