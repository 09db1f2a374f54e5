// Package stop is an exercise: a graceful stop.
package stop

import (
	"context"
	"net"
	"time"
)

// Serve answers the calls that come to ln, however many, each on a goroutine
// of its own that calls handle and then closes the connection, until ctx is
// done.
//
//   - When ctx is done, Serve closes ln, so that nobody is answered any
//     more, and lets the calls in progress go on for up to timeout. If the
//     last of them ends within that time, Serve returns nil, at once.
//   - When timeout is over, Serve closes the connections that are still in
//     use, which ends the Reads and Writes of their handlers, and returns
//     context.DeadlineExceeded. A timeout of 0 gives them no time at all.
//   - If ln is closed by somebody else, no more calls come: Serve waits for
//     the handlers (timeout does not count, but ctx does, as above) and
//     returns nil.
//   - Any other error of Accept ends Serve in the same way, and comes back
//     so that errors.Is finds it, and context.DeadlineExceeded beside it if
//     the timeout is over too. Accept is not tried again.
//   - Whatever happens, Serve returns only after the last handler has, and
//     leaves nothing behind: no goroutine, and nothing that waits for the
//     end of ctx. When it returns, ln is closed.
//   - It may run for months: it keeps nothing of the calls that have ended.
func Serve(ctx context.Context, ln net.Listener, handle func(net.Conn), timeout time.Duration) error {
	panic("not begun")
}
