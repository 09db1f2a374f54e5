//go:build !linux

package reuseaddr

import (
	"errors"
	"net"
	"runtime"
)

// TakeOver is missing on this system: choosing among the listeners that
// share an address (SO_ATTACH_REUSEPORT_CBPF) is Linux's alone.
func TakeOver(net.Listener) error {
	return errors.New("a server cannot take over another's clients on " + runtime.GOOS + ", only on Linux; stop the old one first")
}
