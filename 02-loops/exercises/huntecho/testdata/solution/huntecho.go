package huntecho

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// fake is a connection whose Reads are in's.
type fake struct {
	net.Conn
	in     io.Reader
	out    strings.Builder
	broken error // of Write
	closed bool
}

func (f *fake) Read(p []byte) (int, error) { return f.in.Read(p) }
func (f *fake) Close() error               { f.closed = true; return nil }
func (f *fake) Write(p []byte) (int, error) {
	if f.broken != nil {
		return 0, f.broken
	}
	return f.out.Write(p)
}

// lull reads nothing at first, and reports no error.
type lull struct {
	io.Reader
	slept bool
}

func (l *lull) Read(p []byte) (int, error) {
	if !l.slept {
		l.slept = true
		return 0, nil
	}
	return l.Reader.Read(p)
}

// Check fails t if echo does not keep its contract.
func Check(t *testing.T, echo func(conn net.Conn) error) {
	said := strings.Repeat("hello baby~", 50)
	for _, in := range []io.Reader{
		iotest.HalfReader(strings.NewReader(said)),
		iotest.DataErrReader(iotest.OneByteReader(strings.NewReader(said))),
		&lull{Reader: strings.NewReader(said)},
	} {
		conn := &fake{in: in}
		if err := echo(conn); err != nil || conn.out.String() != said || conn.closed {
			t.Errorf("%q came back, closed: %v, %v", conn.out.String(), conn.closed, err)
		}
	}
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	conn := &fake{in: io.MultiReader(strings.NewReader("hello"), iotest.ErrReader(reset))}
	if err := echo(conn); !errors.Is(err, syscall.ECONNRESET) || conn.out.String() != "hello" {
		t.Errorf("%q, and %v after a reset", conn.out.String(), err)
	}
	conn = &fake{in: strings.NewReader(said), broken: syscall.EPIPE}
	if err := echo(conn); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("%v where nobody takes the answer", err)
	}
}
