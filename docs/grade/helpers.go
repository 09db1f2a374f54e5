package grade

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// Listen is a listener on this machine that ends with the test.
func Listen(t testing.TB) *net.TCPListener {
	t.Helper()
	ln, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	Must(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// Nobody is an address where nobody listens, and which nobody else gets while
// the test runs: a client's own.
func Nobody(t testing.TB) string {
	t.Helper()
	conn, err := net.Dial("tcp4", Listen(t).Addr().String())
	Must(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// Loopback is an address with port 0 for this process alone, where the system
// has more than one: what it sets free for a moment nobody else takes.
func Loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1:0"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:0", 100+pid>>16&63, pid>>8&255, pid&255|1)
}

// Open is a file of dir that this process has open, "" if there is none, or
// if nobody tells: only Linux does.
func Open(dir string) string {
	open, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range open {
		name, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		if strings.HasPrefix(name, dir+"/") {
			return name
		}
	}
	return ""
}

// NoListener wants nothing beside an error.
func (c Case) NoListener(t testing.TB, ln net.Listener) {
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

// NetError wants an error of package net, or one that holds it.
func (c Case) NetError(t testing.TB, err error) {
	t.Helper()
	c.Usually("the error of net was dropped: return it").True(t, err != nil, "an error", Describe(err))
	_, ok := errors.AsType[*net.OpError](err)
	c.Usually("the error of net was replaced by one that no longer holds it (wrap with %w)").
		True(t, ok, "the error of net, a *net.OpError", Describe(err))
}

// Frames are payloads as they travel, each behind its length in 4 bytes.
func Frames(order binary.AppendByteOrder, payloads ...string) string {
	var b []byte
	for _, p := range payloads {
		b = order.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return string(b)
}

// Errno is the number that the system uses: Windows has its own, and
// package syscall invents others there.
func Errno(unix, winsock syscall.Errno) error {
	if runtime.GOOS == "windows" {
		return winsock
	}
	return unix
}

// Manner is a way for bytes to arrive.
type Manner struct {
	Name string
	Of   func(io.Reader) io.Reader
}

// Manners are those that every answer has to stand.
var Manners = []Manner{
	{"all at once", func(r io.Reader) io.Reader { return r }},
	{"byte by byte", iotest.OneByteReader},
	{"in halves", iotest.HalfReader},
	{"with the last bytes and the end in one Read", iotest.DataErrReader},
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
