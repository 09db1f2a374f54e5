package reuseaddr

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
)

// A Choice is what to do with a socket option. It is a flag.Value.
type Choice int

const (
	Default Choice = iota // leave it as Go and the system have it
	On
	Off
)

func (c Choice) String() string {
	return cmp.Or(map[Choice]string{Default: "default", On: "on", Off: "off"}[c], "unknown")
}

// Set understands on, off and default.
func (c *Choice) Set(word string) error {
	for choice := Default; choice <= Off; choice++ {
		if word == choice.String() {
			*c = choice
			return nil
		}
	}
	return errors.New("choose on, off or default")
}

// Options are the two options that decide who may bind where.
type Options struct {
	// ReuseAddr is SO_REUSEADDR. On Unix, Default is on: Go sets it.
	ReuseAddr Choice
	// ReusePort is SO_REUSEPORT: Default is off, everywhere.
	ReusePort Choice
}

// Listen is net.Listen on TCP with both options chosen. An option that
// the system does not have is an error. An error of setsockopt, bind or
// listen is a *net.OpError. (Source, 7, method one.)
func Listen(ctx context.Context, addr string, o Options) (net.Listener, error) {
	config := net.ListenConfig{Control: control(o.set)}
	// Since Go 1.24 a listener speaks Multipath TCP where the kernel does.
	// This lesson is about TCP, and TakeOver works with nothing else.
	config.SetMultipathTCP(false)
	return config.Listen(ctx, "tcp", addr)
}

// Available says whether the system knows both options as chosen: it
// listens for a moment on a free port of 127.0.0.1.
func (o Options) Available(ctx context.Context) error {
	ln, err := Listen(ctx, "127.0.0.1:0", o)
	if err != nil {
		return err
	}
	return ln.Close()
}

// control makes set a ListenConfig.Control. Go calls it after socket and
// after its own setsockopt calls, so ours win, and before bind: after bind
// it would be too late.
func control(set func(fd uintptr) error) func(network, addr string, conn syscall.RawConn) error {
	return func(_, _ string, conn syscall.RawConn) error {
		// Two things can fail: getting the descriptor, and what we do with
		// it. A program that drops the second error binds all the same,
		// without the option, and nobody knows.
		var failed error
		if err := conn.Control(func(fd uintptr) { failed = set(fd) }); err != nil {
			return err
		}
		return failed
	}
}

// InUse says whether err is "address already in use".
func InUse(err error) bool {
	return isAny(err, syscall.EADDRINUSE, windows+48)
}

// windows is where Winsock's numbers begin. The names in package syscall
// exist on Windows too, but their numbers there are invented.
const windows syscall.Errno = 10000

func isAny(err error, list ...error) bool {
	return slices.ContainsFunc(list, func(want error) bool { return errors.Is(err, want) })
}
