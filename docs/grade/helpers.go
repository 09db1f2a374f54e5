package grade

import (
	"net"
	"runtime"
	"syscall"
	"testing"
)

// Listen is a listener on this machine that ends with the test.
func Listen(t testing.TB) *net.TCPListener {
	t.Helper()
	ln, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	Must(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// Errno is the number that the system uses: Windows has its own, and
// package syscall invents others there.
func Errno(unix, winsock syscall.Errno) error {
	if runtime.GOOS == "windows" {
		return winsock
	}
	return unix
}
