//go:build !unix

package basic

import (
	"errors"
	"net"
)

// ListenByHand is missing on this system: its sockets are Winsock's, not
// the Unix calls that the source makes. net.Listen works everywhere.
func ListenByHand(network, addr string) (net.Listener, error) {
	return nil, errors.New("-by-hand needs a Unix system (Linux, macOS); without it, net.Listen does the same")
}
