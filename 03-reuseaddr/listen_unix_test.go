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

// fd calls f with the descriptor of ln.
func fd(t *testing.T, ln net.Listener, f func(fd uintptr) error) {
	t.Helper()
	raw, err := ln.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var failed error
	err = raw.Control(func(fd uintptr) { failed = f(fd) })
	require.NoError(t, errors.Join(err, failed))
}

// option reads one back from the kernel.
func option(t *testing.T, ln net.Listener, name int) (value int) {
	t.Helper()
	fd(t, ln, func(fd uintptr) (err error) {
		value, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, name)
		return err
	})
	return value
}

func TestTheKernelHasTheOptions(t *testing.T) {
	for o, on := range map[Options][2]bool{
		{Default, Default}: {true, false}, // Go has already done it
		{Off, Default}:     {false, false},
		{On, Default}:      {true, false},
		{Off, On}:          {false, true},
		{On, On}:           {true, true},
		{Default, Off}:     {true, false},
	} {
		ln := listen(t, loopback(), o)
		got := [2]bool{option(t, ln, unix.SO_REUSEADDR) != 0, option(t, ln, unix.SO_REUSEPORT) != 0}
		require.Equal(t, on, got, "%v", o)
	}
}

// The error of setsockopt comes out of Listen, by its name; no listener
// without the option is left behind. (There is no option 9999.)
func TestTheErrorOfTheOptionIsKept(t *testing.T) {
	config := net.ListenConfig{Control: control(func(fd uintptr) error { return choose(fd, 9999, On) })}
	ln, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.ErrorIs(t, err, unix.ENOPROTOOPT)
	require.ErrorContains(t, err, "setsockopt")
	require.Nil(t, ln)
}

// For the socket that binds, an option set after bind comes too late: bind
// on a plain socket, with the option set at different times.
func TestSetAfterBindIsTooLate(t *testing.T) {
	needLinux(t, "the matrix")
	old := listen(t, loopback(), Options{ReuseAddr: On})
	connect(t, old, Server)
	require.NoError(t, old.Close())
	want := addrPort(old.Addr())
	for when, inUse := range map[string]bool{"never": true, "after": true, "before": false} {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		require.NoError(t, err)
		if when == "before" {
			require.NoError(t, choose(uintptr(fd), unix.SO_REUSEADDR, On))
		}
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(want.Port()), Addr: want.Addr().As4()})
		if when == "after" {
			require.NoError(t, choose(uintptr(fd), unix.SO_REUSEADDR, On), "setting it is never refused")
		}
		require.Equal(t, inUse, InUse(os.NewSyscallError("bind", err)), "set %s bind: %v", when, err)
		require.NoError(t, unix.Close(fd))
	}
}

// What the old socket needs is there in time if it has it when the client
// comes: the connection inherits it, and TIME_WAIT from the connection.
func TestTheOldSocketMayGetItLater(t *testing.T) {
	needLinux(t, "the matrix")
	old := listen(t, loopback(), Options{ReuseAddr: Off})
	fd(t, old, func(fd uintptr) error { return choose(fd, unix.SO_REUSEADDR, On) })
	connect(t, old, Server)
	require.NoError(t, old.Close())
	listen(t, old.Addr().String(), Options{ReuseAddr: On})
}
