package listen_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
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

func call(t *testing.T, c grade.Case, addr string, reuse bool) (net.Listener, error) {
	t.Helper()
	return grade.Get(t, c, func() (net.Listener, error) { return listen.Listen(addr, reuse) })
}

// open calls Listen, which must work.
func open(t *testing.T, c grade.Case, addr string, reuse bool) net.Listener {
	t.Helper()
	ln, err := call(t, c, addr, reuse)
	c.NoError(t, err)
	c.True(t, ln != nil, "a listener", "nil, and no error either")
	t.Cleanup(func() { ln.Close() })
	return ln
}

// closed is what a listener usually is that takes no call.
const closed = "the listener was closed before it was handed out: that is for whoever gets it to do"

// options are those of a socket, by name.
func options(t *testing.T, c grade.Case, socket any) (values map[string]int) {
	t.Helper()
	conn, ok := socket.(syscall.Conn)
	c.Usually("hand out the listener as net made it").True(t, ok, "a socket (SyscallConn)", fmt.Sprintf("a %T", socket))
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { values = getsockopt(fd) })
	}
	c.Usually(closed).True(t, err == nil, "an open socket", grade.Describe(err))
	return values
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

// alike compares a socket of Listen's with one of net.Listen's: all options
// but SO_REUSEADDR.
func alike(t *testing.T, c grade.Case, ours, plain any) {
	t.Helper()
	got, want := options(t, c, ours), options(t, c, plain)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		c.True(t, name == "SO_REUSEADDR" || got[name] == want[name], fmt.Sprintf("%s %d, as net.Listen has it", name, want[name]), fmt.Sprintf("%s %d", name, got[name]))
	}
}

// What net.Listen gives a listener, and it its calls, stays as it is. [::] is
// every address, of IPv4 as well.
func TestListen(t *testing.T) {
	for _, addr := range []string{grade.Loopback(), "[::1]:0", "[::]:0"} {
		for _, reuse := range []bool{true, false} {
			plain, err := net.Listen("tcp", addr)
			if err != nil {
				continue // a machine without IPv6
			}
			defer plain.Close()
			c := grade.Case{
				Did:   fmt.Sprintf("Listen(%q, %v)", addr, reuse),
				Means: "the network should be \"tcp\", and the address the one that was given",
			}
			ln := open(t, c, addr, reuse)
			got, err := netip.ParseAddrPort(ln.Addr().String())
			want := netip.MustParseAddrPort(addr).Addr()
			c.True(t, err == nil && got.Addr() == want, fmt.Sprintf("a listener on %v alone", want), "one on "+ln.Addr().String())

			c.Did = fmt.Sprintf("Listen(%q, %v), then getsockopt on its socket", addr, reuse)
			on := options(t, c, ln)["SO_REUSEADDR"] != 0
			c.Usually("true is 1 and false is 0; Go has switched it on already, so that false must set it, not leave it alone").
				True(t, on == reuse, fmt.Sprintf("SO_REUSEADDR on: %v", reuse), fmt.Sprintf("on: %v", on))
			c.Means = "something else than SO_REUSEADDR was set, IPV6_V6ONLY for instance (network \"tcp6\" does it too): leave it as net has it"
			alike(t, c, ln, plain)

			c.Did = fmt.Sprintf("Listen(%q, %v), a call, then getsockopt on what Accept gives", addr, reuse)
			c.Means = "something was set that calls take over from the listener, or ListenConfig gives them: leave it as net has it"
			_, ours := accepted(t, c, ln)
			_, theirs := accepted(t, c, plain)
			alike(t, c, ours, theirs)
		}
	}
}

// The restart of the chapter, with Listen at both ends of it: what counts is
// what the new socket has when it calls bind, and on Linux what the old one had.
func TestListenSetsItBeforeBind(t *testing.T) {
	const always = "the option is not what reuse says when bind is called"
	for _, with := range []struct {
		old, fresh bool
		means      string
	}{{true, true, always}, {false, false, always}, {true, false, "the option was on when bind was called: never taken away, or too late, after bind"}} {
		if !with.fresh && runtime.GOOS != "linux" {
			continue // other systems have other rules
		}
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(addr, %v), a call that the server hangs up first, Close, and Listen(addr, %v)", with.old, with.fresh),
			Means: with.means,
		}
		old := open(t, c, grade.Loopback(), with.old)
		serverFirst(t, c, old)
		if with.fresh {
			open(t, c, old.Addr().String(), true)
		} else {
			refused(t, c, old.Addr().String(), false)
		}
	}
}

// The kernel knows the option, so setsockopt never fails by itself: here it
// is made to.
func TestListenReportsSetsockopt(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOPROTOOPT, syscall.EPERM} {
		addr := grade.Loopback()
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
		c.NoListener(t, ln)
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
		ln := open(t, c, grade.Loopback(), reuse)
		refused(t, c, ln.Addr().String(), reuse)
	}
}

// refused wants "address already in use", and no listener.
func refused(t *testing.T, c grade.Case, addr string, reuse bool) {
	t.Helper()
	ln, err := call(t, c, addr, reuse)
	if ln != nil && err == nil {
		ln.Close()
		c.Fail(t, "the second Listen refused: address already in use", "a listener on "+addr)
	}
	c.Usually("the error was dropped or replaced by one that no longer holds it (wrap with %w)").
		ErrorIs(t, err, syscall.EADDRINUSE)
	c.NoListener(t, ln)
}

func TestListenReportsABadAddress(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:65536", "192.0.2.1:0"} {
		c := grade.Case{
			Did:   fmt.Sprintf("Listen(%q, true), which is no address to listen at", addr),
			Means: "the error of net was dropped: return it",
		}
		ln, err := call(t, c, addr, true)
		c.NetError(t, err)
		c.NoListener(t, ln)
	}
}
