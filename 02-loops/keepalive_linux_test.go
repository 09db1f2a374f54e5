package loops

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// What Go sets on every connection: after 15 s of silence a probe, then
// one every 15 s, and after 9 without an answer the line is dead: 150 s.
func TestKeepAliveDefaults(t *testing.T) {
	client, server := pipe(t)
	for _, conn := range []*net.TCPConn{client, server} {
		raw, err := conn.SyscallConn()
		require.NoError(t, err)
		for option, want := range map[int]int{unix.TCP_KEEPIDLE: 15, unix.TCP_KEEPINTVL: 15, unix.TCP_KEEPCNT: 9} {
			var got int
			require.NoError(t, raw.Control(func(fd uintptr) {
				got, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option)
			}))
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}
