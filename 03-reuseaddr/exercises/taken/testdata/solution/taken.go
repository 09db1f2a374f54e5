package taken

import (
	"errors"
	"net"
	"syscall"
)

// Taken reports whether addr is in use.
func Taken(addr string) (bool, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, ln.Close()
}
