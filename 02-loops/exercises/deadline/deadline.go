// Package deadline is a step: wait, but not for ever.
package deadline

import (
	"net"
	"time"
)

// ReadFor reads once from conn and returns what has come, as a string, and the
// error of Read. It waits d at most: then conn gives an error in which
// errors.Is finds os.ErrDeadlineExceeded. Later Reads of conn have no limit.
func ReadFor(conn net.Conn, d time.Duration) (string, error) {
	panic("not begun")
}
