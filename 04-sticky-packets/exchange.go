package sticky

import (
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// An exchange counts the answers that are due. Only while there are any,
// or the server's end is due, is silence limited: typing takes its time.
type exchange struct {
	net.Conn
	timeout  time.Duration
	mu       sync.Mutex
	due      int
	finished bool
}

// expect adds n to the answers that are due, and says how many that is.
func (x *exchange) expect(n int) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	before := x.due
	x.due += n
	switch {
	case x.due <= 0 && !x.finished:
		x.SetReadDeadline(time.Time{})
	case before <= 0 || n < 0:
		x.SetReadDeadline(time.Now().Add(x.timeout))
	}
	return x.due
}

// finish tells the server that this was all: now its end is due too.
func (x *exchange) finish() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.finished = true
	x.SetReadDeadline(time.Now().Add(x.timeout))
	if half, ok := x.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// closed are the ways in which we learn that the server has closed: an end
// between answers or inside one, or, where it left bytes of ours unread, a
// reset, at a Read or a Write. The numbers are Windows' for the last two.
var closed = []error{
	io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE,
	syscall.Errno(10053), syscall.Errno(10054),
}

// errEarly is the one error for all of them: which it is depends on time.
var errEarly = fmt.Errorf("read: %w; the server closed the connection early, its terminal says why", io.ErrUnexpectedEOF)

// end is what a failed Read comes to, nil if all was sent and answered.
func (x *exchange) end(err error, sent <-chan error) error {
	if !isAny(err, closed) {
		return Explain(err)
	}
	select {
	case failed := <-sent:
		if failed != nil && !isAny(failed, closed) {
			return failed
		}
		if failed == nil && err == io.EOF && x.expect(0) == 0 {
			return nil
		}
	default:
	}
	return errEarly
}
