// Package patience is an exercise: a deadline that only silence can reach.
package patience

import (
	"net"
	"time"
)

// Echo says back to the caller on conn what it hears, byte for byte,
// until the caller hangs up or has kept silent for idle.
//
//   - What has been heard is answered before more is waited for. Many
//     conversations may go on at once, and none disturbs another.
//   - The caller's end of file (io.EOF) ends the conversation: nil. Any
//     other error of conn, of SetDeadline too, ends it, and comes back so that
//     errors.Is finds it.
//   - Silence is one of two: nothing arrives for idle while Echo reads,
//     or the caller has not taken all of an answer idle after the Write
//     began. Then it returns an error in which errors.Is finds
//     os.ErrDeadlineExceeded: not before idle has passed, and well before
//     twice idle has.
//   - Only silence ends it. A caller who says one byte now and then, each
//     time before idle is over, may talk for days; one who takes a while
//     to read each answer, but less than idle, as well.
//   - With an idle of 0 or less there is no limit.
//   - conn is closed by its owner, not by Echo.
//
// A deadline of net.Conn is a point in time, not a length of time.
func Echo(conn net.Conn, idle time.Duration) error {
	panic("not begun")
}
