// Package half is a step: say that it was all, and go on listening.
package half

import "net"

// Send writes word to conn and ends the sending half of it (CloseWrite): the
// other side reads io.EOF. The other half stays open, so that conn can still
// be read. The first error is returned.
func Send(conn *net.TCPConn, word string) error {
	panic("not begun")
}
