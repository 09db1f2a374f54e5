package listen_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.com/dialtone/03-reuseaddr/exercises/listen"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { listen.Listen("nowhere", true) })

var _ = grade.NotOn("windows", "this exercise is about Unix: on Windows SO_REUSEADDR means something else, and Go leaves it off")

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
	ln, err := grade.Get(t, c, func() (net.Listener, error) { return listen.Listen(addr, reuse) })
	c.NoError(t, err)
	c.True(t, ln != nil, "a listener", "nil, and no error either")
	t.Cleanup(func() { ln.Close() })
	return ln
}

// closed is what a listener usually is that takes no call.
const closed = "the listener was closed before it was handed out: that is for whoever gets it to do"

// look calls f with the descriptor of socket.
func look(t *testing.T, c grade.Case, socket syscall.Conn, f func(fd uintptr)) {
	t.Helper()
	raw, err := socket.SyscallConn()
	if err == nil {
		err = raw.Control(f)
	}
	c.Usually(closed).True(t, err == nil, "an open socket", grade.Describe(err))
}

// accepted makes one call to ln, and gives both ends of it.
func accepted(t *testing.T, c grade.Case, ln net.Listener) (client, server net.Conn) {
	t.Helper()
	client, err := net.DialTimeout("tcp", ln.Addr().String(), 5*time.Second)
	c.Usually(closed).True(t, err == nil, "a call that the listener takes", grade.Describe(err))
	t.Cleanup(func() { client.Close() })
	client.SetDeadline(time.Now().Add(5 * time.Second))
	c.Run(t, func() { server, err = ln.Accept() })
	c.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	return client, server
}

// serverFirst makes one call that the server hangs up first, and closes
// the listener: the port is in TIME_WAIT.
func serverFirst(t *testing.T, c grade.Case, ln net.Listener) {
	t.Helper()
	client, server := accepted(t, c, ln)
	server.Close()
	_, err := io.ReadAll(client)
	if errors.Is(err, syscall.ECONNRESET) {
		c = c.Usually("the listener lingers (SO_LINGER, 0 s), and its calls inherit that: Close resets the call")
	}
	c.True(t, err == nil, "the end of the call, when the server has hung up", grade.Describe(err))
	client.Close()
	ln.Close()
}

// noListener wants nothing beside an error.
func noListener(t *testing.T, c grade.Case, ln net.Listener) {
	t.Helper()
	switch tcp, ok := ln.(*net.TCPListener); {
	case ln == nil:
	case ok && tcp != nil:
		tcp.Close()
		c.Usually("a listener was returned open beside the error: who looks at the error never closes it").
			Fail(t, "nil beside the error", fmt.Sprintf("a listener on %v", tcp.Addr()))
	default:
		c.Usually("a nil *net.TCPListener in a net.Listener is not nil: return nil itself").
			Fail(t, "nil beside the error", fmt.Sprintf("a listener that is not nil (%T)", ln))
	}
}

func TestListenTakesCalls(t *testing.T) {
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
	for _, reuse := range []bool{true, false} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(addr, %v), then getsockopt(SO_REUSEADDR) on its socket", reuse),
			Means: "true is 1 and false is 0; Go has switched it on already, so that false must set it, not leave it alone",
		}
		ln := open(t, c, loopback(), reuse)
		socket, ok := ln.(syscall.Conn)
		c.Usually("hand out the listener as net made it").
			True(t, ok, "a listener with a socket (SyscallConn)", fmt.Sprintf("a %T", ln))
		var value int
		var err error
		look(t, c, socket, func(fd uintptr) { value, err = reuseaddr(fd) })
		grade.Must(t, err)
		c.True(t, value != 0 == reuse, fmt.Sprintf("on: %v", reuse), fmt.Sprintf("on: %v", value != 0))
	}
}

// alike compares a socket of Listen's with one of net.Listen's.
func alike(t *testing.T, c grade.Case, ours, plain any) {
	t.Helper()
	socket, ok := ours.(syscall.Conn)
	c.Usually("hand out the listener as net made it").
		True(t, ok, "a socket (SyscallConn)", fmt.Sprintf("a %T", ours))
	got, want := options(t, c, socket), options(t, c, plain.(syscall.Conn))
	for _, name := range slices.Sorted(maps.Keys(want)) {
		c.True(t, got[name] == want[name], fmt.Sprintf("%s %d, as net.Listen has it", name, want[name]), fmt.Sprintf("%s %d", name, got[name]))
	}
}

func options(t *testing.T, c grade.Case, socket syscall.Conn) (values map[string]int) {
	t.Helper()
	look(t, c, socket, func(fd uintptr) { values = others(fd) })
	return values
}

// What net.Listen gives a listener, and it its calls, stays as it is.
func TestListenChangesNothingElse(t *testing.T) {
	for _, reuse := range []bool{true, false} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(addr, %v), then getsockopt for some other options", reuse),
			Means: "something else than SO_REUSEADDR was set: leave it as net has it",
		}
		plain, err := net.Listen("tcp", loopback())
		grade.Must(t, err)
		defer plain.Close()
		ln := open(t, c, loopback(), reuse)
		alike(t, c, ln, plain)

		c.Did = fmt.Sprintf("Listen(addr, %v), a call, then getsockopt for some options of what Accept gives", reuse)
		c.Means = "something was set that calls take over from the listener, or ListenConfig gives them: leave it as net has it"
		_, ours := accepted(t, c, ln)
		_, theirs := accepted(t, c, plain)
		alike(t, c, ours, theirs)
	}
}

// [::] is every address, of IPv4 as well.
func TestListenLeavesIPv6Alone(t *testing.T) {
	plain, err := net.Listen("tcp", "[::]:0")
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	defer plain.Close()
	c := grade.Case{
		Did:   `Listen("[::]:0", true), then getsockopt for some other options`,
		Means: "something else than SO_REUSEADDR was set, IPV6_V6ONLY for instance (network \"tcp6\" does it too): leave it as net has it",
	}
	alike(t, c, open(t, c, "[::]:0", true), plain)
}

// The restart of the chapter, with Listen at both ends of it.
func TestListenRestarts(t *testing.T) {
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
	for _, errno := range []syscall.Errno{syscall.ENOPROTOOPT, syscall.EPERM} {
		addr := loopback()
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(%q, false) where setsockopt(SO_REUSEADDR, 0) fails: %v", addr, errno),
			Means: "the error of setsockopt was dropped: RawConn.Control returns only its own, so keep that of the function inside it in a variable, and return it too",
		}
		var ln net.Listener
		var err, cannot error
		var times int
		c.Run(t, func() {
			times, cannot = refusing(errno, func() { ln, err = listen.Listen(addr, false) })
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
			ErrorIs(t, err, errno)
		noListener(t, c, ln)
	}
}

// A listener that lives is refused whatever the option says. Another option,
// SO_REUSEPORT, would let the second one in.
func TestListenRefusesALiveAddress(t *testing.T) {
	for _, reuse := range []bool{true, false} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(addr, %v) twice, with the first one still listening", reuse),
			Means: "the first listener was closed before it was handed out, or SO_REUSEPORT was set: another option, which lets two servers share a port",
		}
		ln := open(t, c, loopback(), reuse)
		refused(t, c, ln.Addr().String(), reuse)
	}
}

// refused wants "address already in use", and no listener.
func refused(t *testing.T, c grade.Case, addr string, reuse bool) {
	t.Helper()
	ln, err := grade.Get(t, c, func() (net.Listener, error) { return listen.Listen(addr, reuse) })
	if ln != nil && err == nil {
		ln.Close()
		c.Fail(t, "the second Listen refused: address already in use", "a listener on "+addr)
	}
	c.Usually("the error was dropped or replaced by one that no longer holds it (wrap with %w)").
		ErrorIs(t, err, syscall.EADDRINUSE)
	noListener(t, c, ln)
}

func TestListenReportsABadAddress(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:65536", "192.0.2.1:0"} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(%q, true), which is no address to listen at", addr),
			Means: "the error of net was dropped: return it",
		}
		ln, err := grade.Get(t, c, func() (net.Listener, error) { return listen.Listen(addr, true) })
		c.True(t, err != nil, "an error", grade.Describe(err))
		var op *net.OpError
		c.Usually("the error of net was replaced by one that no longer holds it (wrap with %w)").
			True(t, errors.As(err, &op), "the error of net, a *net.OpError", grade.Describe(err))
		noListener(t, c, ln)
	}
}
