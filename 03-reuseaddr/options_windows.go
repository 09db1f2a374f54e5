package reuseaddr

import (
	"errors"

	"golang.org/x/sys/windows"
)

// On Windows a listener can restart at once, without any option: what is
// in TIME_WAIT does not stop bind. There SO_REUSEADDR means another thing:
// it lets a stranger bind a port that is being listened on. So Go leaves
// it off, and so does this lesson.
func (o Options) set(uintptr) error {
	switch {
	case o.ReuseAddr == On:
		return errors.New("on Windows SO_REUSEADDR would let any program take over a port in use; leave it out: a restart needs no option here")
	case o.ReusePort == On:
		return errors.New("there is no SO_REUSEPORT on Windows: two servers cannot share a port here")
	}
	return nil
}

// InUse says whether err is "address already in use". The number in
// package syscall is invented; this is Winsock's own.
func InUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }

func notAvailable(err error) bool { return errors.Is(err, windows.WSAEADDRNOTAVAIL) }

// exhausted says whether Accept failed for want of something that comes
// back: sockets or memory.
func exhausted(err error) bool {
	return errors.Is(err, windows.WSAEMFILE) || errors.Is(err, windows.WSAENOBUFS)
}
