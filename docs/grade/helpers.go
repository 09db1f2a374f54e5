package grade

import (
	"io"
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

// Spy is a reader of nothing: when it is read, it does something, and ends.
type Spy func()

func (s Spy) Read([]byte) (int, error) { s(); return 0, io.EOF }

// Lulls is r with Reads between its own that bring nothing and no error, so
// many each time.
func Lulls(r io.Reader, many int) io.Reader { return &lulls{Reader: r, many: many} }

type lulls struct {
	io.Reader
	many, now int
}

func (l *lulls) Read(p []byte) (int, error) {
	if l.now++; l.now <= l.many {
		return 0, nil
	}
	l.now = 0
	return l.Reader.Read(p)
}
