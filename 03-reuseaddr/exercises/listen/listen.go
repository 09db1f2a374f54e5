// Package listen is an exercise: net.Listen, with SO_REUSEADDR as you want it.
package listen

import "net"

// Listen listens on TCP at addr, with SO_REUSEADDR on if reuse is true and
// off if it is false.
//
//   - net.Listen switches the option on by itself, on every Unix system.
//     A false reuse must really take it away.
//   - The option decides what bind does, so it must be set before bind:
//     net.ListenConfig has a Control function that Go calls between the
//     two. It gets a syscall.RawConn, whose own Control gives you the
//     descriptor (the socket's number) for syscall.SetsockoptInt.
//   - Everything that fails is reported: what net says and what setsockopt
//     says (and what RawConn.Control itself says, though no test can make
//     it fail). With an error the listener is nil.
//   - SO_REUSEADDR is all it changes: all other options of the listener and
//     of its calls are as net.Listen has them. In particular a second listener
//     on an address is refused while the first is open, whatever reuse says.
//   - addr is HOST:PORT, IPv4 or IPv6; port 0 chooses a free one. Nothing but
//     that host is listened on.
//
// It is about Unix systems. On Windows the option means something else, and
// the tests are skipped there.
func Listen(addr string, reuse bool) (net.Listener, error) {
	panic("not begun")
}
