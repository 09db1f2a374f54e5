// Package serve is an exercise: the connection loop.
package serve

import "net"

// Serve answers the calls that come to ln, and lets handle do the talking,
// until ln is closed.
//
//   - Nobody waits for anybody: while handlers are at work, however many
//     and for as long as they like, the next call is answered and handled.
//   - handle is called once for each connection. Serve closes the
//     connection when handle has returned, and not before.
//   - When ln is closed, by whomever, Serve returns nil. Accept then gives
//     net.ErrClosed, wrapped in something larger.
//   - Any other error of Accept ends Serve too, and comes back so that
//     errors.Is finds it; Accept is not tried again. (What to do about the
//     few errors that pass by themselves is a part of the lesson, and not
//     of this exercise.)
//   - Serve returns only after the last handler has, whatever ended it. It
//     does not hurry them and does not close ln.
func Serve(ln net.Listener, handle func(net.Conn)) error {
	panic("not begun")
}
