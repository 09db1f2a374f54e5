package sticky

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
	"time"
)

// exhausted are the errors of an Accept that wants for descriptors, in
// this process or the whole system, or for memory. The last two are what
// Windows calls them: WSAEMFILE and WSAENOBUFS.
var exhausted = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	syscall.Errno(10024), syscall.Errno(10055),
}

// accept is ln.Accept, except that exhausted is no reason to stop: the
// client still waits in the queue. To try again at once would be a busy
// loop, so it waits 5 ms, and twice as long each time, up to a second. Any
// other error is final: a loop that goes on after an error that it does
// not know may spin for ever.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		conn, err := ln.Accept()
		if err == nil || !isAny(err, exhausted) {
			return conn, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func isAny(err error, targets []error) bool {
	return slices.ContainsFunc(targets, func(e error) bool { return errors.Is(err, e) })
}
