//go:build unix

package cures

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Nagle's algorithm is off in Go before anybody asks: whatever sticks,
// sticks without it.
func TestNoDelayIsOnAlready(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	accepted, err := ln.Accept()
	require.NoError(t, err)
	defer accepted.Close()
	for _, c := range []net.Conn{conn, accepted} {
		raw, err := c.(*net.TCPConn).SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(fd uintptr) {
			on, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
			require.NoError(t, err)
			require.NotZero(t, on)
		}))
	}
}
