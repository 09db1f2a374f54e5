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
	dialled, accepted := pair(t)
	for _, c := range []*net.TCPConn{dialled, accepted} {
		raw, err := c.SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(fd uintptr) {
			on, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
			require.NoError(t, err)
			require.NotZero(t, on)
		}))
	}
}
