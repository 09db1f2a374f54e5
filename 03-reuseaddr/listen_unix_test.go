//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package reuseaddr

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// option reads one back from the kernel.
func option(t *testing.T, ln net.Listener, name int) (value int) {
	t.Helper()
	raw, err := ln.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var failed error
	err = raw.Control(func(fd uintptr) { value, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, name) })
	require.NoError(t, errors.Join(err, failed))
	return value
}

func TestTheKernelHasTheOptions(t *testing.T) {
	for _, o := range []struct {
		addr, port Choice
		on         [2]bool
	}{
		{Default, Default, [2]bool{true, false}}, // Go has already done it
		{Off, Default, [2]bool{false, false}},
		{On, Default, [2]bool{true, false}},
		{Off, On, [2]bool{false, true}},
		{On, On, [2]bool{true, true}},
		{Default, Off, [2]bool{true, false}},
	} {
		ln := listen(t, loopback(), Options{ReuseAddr: o.addr, ReusePort: o.port})
		got := [2]bool{option(t, ln, unix.SO_REUSEADDR) != 0, option(t, ln, unix.SO_REUSEPORT) != 0}
		require.Equal(t, o.on, got, "%v, %v", o.addr, o.port)
	}
}

// A setsockopt that fails for real: there is no option 9999.
func TestTheKernelRefusesAnOption(t *testing.T) {
	config := net.ListenConfig{Control: control(func(fd uintptr) error { return choose(fd, 9999, On) })}
	_, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.ErrorIs(t, err, unix.ENOPROTOOPT)
	require.ErrorContains(t, err, "setsockopt")
}

// bind on a plain socket: 0 or 1 for the option, set at the time given.
func bindByHand(t *testing.T, addr string, when string) error {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	want := addrPort(stringAddr(addr))
	reuse := func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) }
	if when == "before" {
		require.NoError(t, reuse())
	}
	err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(want.Port()), Addr: want.Addr().As4()})
	if when == "after" {
		require.NoError(t, reuse(), "setting it is never refused")
	}
	return os.NewSyscallError("bind", err)
}

// For the socket that binds, an option set after bind comes too late.
func TestSetAfterBindIsTooLate(t *testing.T) {
	needLinux(t, "the matrix")
	old := listen(t, loopback(), Options{ReuseAddr: On})
	call(t, old, Server)
	require.NoError(t, old.Close())
	for when, inUse := range map[string]bool{"never": true, "after": true, "before": false} {
		err := bindByHand(t, old.Addr().String(), when)
		require.Equal(t, inUse, InUse(err), "set %s bind: %v", when, err)
	}
}

// What the old socket needs is there in time if it has it when the call
// comes: the call inherits it, and TIME_WAIT from the call.
func TestTheOldSocketMayGetItLater(t *testing.T) {
	needLinux(t, "the matrix")
	old := listen(t, loopback(), Options{ReuseAddr: Off})
	raw, err := old.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var failed error
	require.NoError(t, raw.Control(func(fd uintptr) { failed = choose(fd, unix.SO_REUSEADDR, On) }))
	require.NoError(t, failed)
	call(t, old, Server)
	require.NoError(t, old.Close())
	fresh, err := Listen(t.Context(), old.Addr().String(), Options{ReuseAddr: On})
	require.NoError(t, err)
	require.NoError(t, fresh.Close())
}

// SO_REUSEPORT at both lets the restart through as well, without
// SO_REUSEADDR; at one of them it does not.
func TestReusePortRestartsToo(t *testing.T) {
	needLinux(t, "the rules of SO_REUSEPORT")
	for _, both := range []bool{true, false} {
		o := Options{ReuseAddr: Off, ReusePort: On}
		old := listen(t, loopback(), o)
		call(t, old, Server)
		require.NoError(t, old.Close())
		if !both {
			o.ReusePort = Off
		}
		fresh, err := Listen(t.Context(), old.Addr().String(), o)
		require.Equal(t, !both, InUse(err), "%v", err)
		if err == nil {
			require.NoError(t, fresh.Close())
		}
	}
}
