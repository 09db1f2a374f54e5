//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package reuseaddr

import (
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
