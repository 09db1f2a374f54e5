package grade

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"example.com/dialtone/docs/ladder"
)

// Line is a net.Conn whose other end is a script, and which remembers what
// was done to it.
type Line struct {
	// In is what the other side says; its error, or io.EOF, is the end.
	In io.Reader
	// Take stands in for Write; nil takes everything.
	Take func(p []byte) (int, error)

	mu              sync.Mutex
	said            []byte
	log             []string
	closed          bool
	ended           bool // by CloseWrite
	asked           bool // a Read has begun
	readBy, writeBy time.Time
	reads           circle

	tcp    bool // it stands for the other side of a real one: see TCP
	owner  sync.Once
	run    *run
	begin  time.Time
	calls  int
	left   int            // bytes that were not read yet
	events []ladder.Event // the latest of the calls
}

// refuses is the error of a Read or Write that comes too late, or nil.
func (l *Line) refuses(op string, deadline *time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = l.asked || op == "read"
	switch {
	case l.closed:
		return l.fail(op, net.ErrClosed)
	case !deadline.IsZero() && !time.Now().Before(*deadline):
		return l.fail(op, os.ErrDeadlineExceeded)
	case op == "write" && l.ended:
		return l.fail(op, syscall.EPIPE)
	}
	return nil
}

// Read ends the goroutine of an answer that reads on and on after an error.
func (l *Line) Read(p []byte) (n int, err error) {
	if err = l.refuses("read", &l.readBy); err == nil {
		n, err = l.In.Read(p)
	}
	l.draw(ladder.Read, p[:n], err)
	l.reads.saw("Read", n > 0 || err == nil)
	if err == nil {
		l.note("Read %d", n)
	} else {
		l.note("Read %d, %v", n, err)
	}
	return n, err
}

func (l *Line) Write(p []byte) (int, error) {
	if err := l.refuses("write", &l.writeBy); err != nil {
		l.draw(ladder.Write, nil, err)
		return 0, err
	}
	n, err := len(p), error(nil)
	if l.Take != nil {
		n, err = l.Take(p)
	}
	l.note("Write %d", n)
	l.draw(ladder.Write, p[:n], err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, p[:n]...)
	return n, err
}

func (l *Line) Close() error {
	l.mu.Lock()
	again := l.closed
	if !again {
		l.closed, l.log = true, append(l.log, "Close")
	}
	l.mu.Unlock()
	if again {
		return l.fail("close", net.ErrClosed)
	}
	l.draw(ladder.Close, nil, nil)
	return nil
}

// Slow is a line whose Close lets others go first, a thousand times. It does
// not sleep: the clock of a bubble stands still while somebody waits for a lock,
// and an answer may hold one while it closes.
type Slow struct{ *Line }

func (s Slow) Close() error {
	for range 1000 {
		runtime.Gosched()
	}
	return s.Line.Close()
}

// CloseWrite ends what is said; CloseRead is noted and does nothing else.
func (l *Line) CloseWrite() error {
	l.note("CloseWrite")
	l.draw(ladder.CloseWrite, nil, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	return nil
}

func (l *Line) CloseRead() error { l.note("CloseRead"); return nil }

func (l *Line) LocalAddr() net.Addr  { return addr("script:here") }
func (l *Line) RemoteAddr() net.Addr { return addr("script:there") }

func (l *Line) SetDeadline(t time.Time) error      { return l.set(t, &l.readBy, &l.writeBy) }
func (l *Line) SetReadDeadline(t time.Time) error  { return l.set(t, &l.readBy) }
func (l *Line) SetWriteDeadline(t time.Time) error { return l.set(t, &l.writeBy) }

func (l *Line) set(t time.Time, deadlines ...*time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range deadlines {
		*d = t
	}
	return nil
}

// Said is what the learner's code has written.
func (l *Line) Said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.said)
}

// Closed reports whether the learner's code has hung up.
func (l *Line) Closed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Log is what was done to the line, in order: "Read 3", "Close".
func (l *Line) Log() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.log)
}

func (l *Line) note(format string, a ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log = append(l.log, fmt.Sprintf(format, a...))
}

func (l *Line) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "script", Source: l.LocalAddr(), Addr: l.RemoteAddr(), Err: err}
}

type addr string

func (addr) Network() string  { return "script" }
func (a addr) String() string { return string(a) }

// Listener is a net.Listener whose callers are the test's.
type Listener struct {
	calls  chan result
	closed chan struct{}
	once   sync.Once

	mu       sync.Mutex
	accepted int
	broken   error // of every Accept that has no call
	accepts  circle
}

type result struct {
	conn net.Conn
	err  error
}

// NewListener has calls waiting; after those Accept waits for Ring, Break
// or Close.
func NewListener(calls ...net.Conn) *Listener {
	l := &Listener{calls: make(chan result, 1024), closed: make(chan struct{})}
	for _, c := range calls {
		l.Ring(c)
	}
	return l
}

// ClosedListener is one on which nobody can call any more.
func ClosedListener() *Listener {
	l := NewListener()
	l.Close()
	return l
}

// Ring makes an Accept return c.
func (l *Listener) Ring(c net.Conn) { l.calls <- result{conn: c} }

// Break makes an Accept fail with err, dressed as net does it.
func (l *Listener) Break(err error) { l.calls <- result{err: l.fail(err)} }

// Ruin makes every Accept fail with err from the moment on when no call is
// left.
func (l *Listener) Ruin(err error) {
	l.mu.Lock()
	l.broken = l.fail(err)
	l.mu.Unlock()
	l.calls <- result{err: l.broken}
}

// Accept returns what the test has prepared, in its order. It ends the
// goroutine of an answer that tries on and on.
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.accept()
	l.accepts.saw("Accept", err == nil)
	return conn, err
}

func (l *Listener) accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, l.fail(net.ErrClosed)
	default:
	}
	l.mu.Lock()
	l.accepted++
	broken := l.broken
	l.mu.Unlock()
	if broken != nil && len(l.calls) == 0 {
		return nil, broken
	}
	select {
	case <-l.closed:
		return nil, l.fail(net.ErrClosed)
	case r := <-l.calls:
		if line, ok := r.conn.(*Line); ok {
			line.draw(ladder.Accept, nil, nil)
		}
		return r.conn, r.err
	}
}

// Close wakes a waiting Accept; the second one fails, as net's does.
func (l *Listener) Close() error {
	err := error(&net.OpError{Op: "close", Net: "script", Addr: l.Addr(), Err: net.ErrClosed})
	l.once.Do(func() { close(l.closed); err = nil })
	return err
}

func (l *Listener) Addr() net.Addr { return addr("script:listener") }

// Accepts counts the calls of Accept while the listener was open.
func (l *Listener) Accepts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

// Closed reports whether the listener has been closed.
func (l *Listener) Closed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

func (l *Listener) fail(err error) error {
	return &net.OpError{Op: "accept", Net: "script", Addr: l.Addr(), Err: err}
}
