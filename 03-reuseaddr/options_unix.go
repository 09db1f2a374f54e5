//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package reuseaddr

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func (o Options) set(fd uintptr) error {
	if err := choose(fd, unix.SO_REUSEADDR, o.ReuseAddr); err != nil {
		return err
	}
	return choose(fd, unix.SO_REUSEPORT, o.ReusePort)
}

func choose(fd uintptr, option int, c Choice) error {
	if c == Default {
		return nil
	}
	value := 0
	if c == On {
		value = 1
	}
	err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, value)
	return os.NewSyscallError("setsockopt", err)
}

// InUse says whether err is "address already in use".
func InUse(err error) bool { return errors.Is(err, unix.EADDRINUSE) }

func notAvailable(err error) bool { return errors.Is(err, unix.EADDRNOTAVAIL) }

// exhausted says whether Accept failed for want of something that comes
// back: descriptors or memory.
func exhausted(err error) bool {
	for _, want := range []error{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}
