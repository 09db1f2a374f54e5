package upload

import (
	"net"
	"sync/atomic"
	"time"
)

// A verdict is the server's last answer on a file. It is listened for
// while the file is being sent: a server whose disk has just filled up
// refuses then, not at the end.
type verdict struct {
	conn  net.Conn
	heard chan struct{}
	early atomic.Bool
	answer
	err error
}

func awaitVerdict(conn net.Conn) *verdict {
	v := &verdict{conn: conn, heard: make(chan struct{})}
	conn.SetReadDeadline(time.Time{})
	go func() {
		defer close(v.heard)
		v.answer, v.err = readAnswer(conn)
		v.early.Store(true)
		conn.SetWriteDeadline(past) // wakes a Write that nobody takes
	}()
	return v
}

// came says whether there is a verdict, or never will be one.
func (v *verdict) came() bool { return v != nil && v.early.Load() }

func (v *verdict) wait(patience time.Duration) (answer, error) {
	v.conn.SetReadDeadline(time.Now().Add(patience))
	<-v.heard
	return v.answer, v.err
}

// dismiss stops listening, if it still does.
func (v *verdict) dismiss() { v.wait(0) }
