package basic

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// nobody is an address where nobody listens, and for as long as the test
// runs nobody can: its port is bound, so the system gives it to no other.
// The port of a listener that was closed may be somebody's in no time.
func nobody(t *testing.T) string {
	t.Helper()
	handle, err := windows.Socket(windows.AF_INET, windows.SOCK_STREAM, 0)
	require.NoError(t, err)
	t.Cleanup(func() { windows.Closesocket(handle) })
	require.NoError(t, windows.Bind(handle, &windows.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := windows.Getsockname(handle)
	require.NoError(t, err)
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*windows.SockaddrInet4).Port}).String()
}
