package ladder

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

type listener struct {
	*net.TCPListener
	r   *Recorder
	who string
}

func (l *listener) Accept() (net.Conn, error) {
	began := time.Now()
	c, err := l.TCPListener.AcceptTCP()
	e := Event{Kind: Accept, Who: l.who, Local: l.Addr().String()}
	if err != nil {
		fail(&e, err)
		l.r.done(began, e)
		return nil, err
	}
	e.Local, e.Remote = c.LocalAddr().String(), c.RemoteAddr().String()
	l.r.keep(c)
	l.r.done(began, e)
	return l.r.wrap(c, l.who), nil
}

func (l *listener) Close() error {
	return l.r.record(Event{Kind: Off, Who: l.who, Local: l.Addr().String()}, func() error {
		defer l.r.forget(l.TCPListener)
		return l.TCPListener.Close()
	})
}

// tcp is what a *net.TCPConn offers, so that code which asks for CloseWrite or
// SetLinger finds them on a recorded connection too. Left out on purpose are
// ReadFrom and WriteTo, io.Copy's short ways through sendfile and splice, where
// nobody could see the bytes: io.Copy falls back to Read and Write.
type tcp interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
	SetLinger(sec int) error
	SetNoDelay(bool) error
	SetKeepAlive(bool) error
	SetKeepAlivePeriod(time.Duration) error
	SetKeepAliveConfig(net.KeepAliveConfig) error
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	SyscallConn() (syscall.RawConn, error)
}

type conn struct {
	tcp
	r     *Recorder
	of    Event       // what all its events have in common
	abort atomic.Bool // linger 0: Close will reset
}

func (r *Recorder) wrap(c tcp, who string) net.Conn {
	return &conn{tcp: c, r: r, of: Event{Who: who, Local: c.LocalAddr().String(), Remote: c.RemoteAddr().String()}}
}

func (c *conn) event(k Kind) Event {
	e := c.of
	e.Kind = k
	return e
}

func (c *conn) Read(p []byte) (int, error) {
	began := time.Now()
	n, err := c.tcp.Read(p)
	e := c.event(Read)
	e.N, e.Head = n, head(p[:n])
	fail(&e, err)
	c.r.done(began, e)
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	e := c.event(Write)
	e.N, e.Head = len(p), head(p)
	began, s := c.r.begin(e)
	n, err := c.tcp.Write(p)
	c.r.end(s, began, func(e *Event) {
		e.N, e.Head = n, e.Head[:min(n, len(e.Head))]
		fail(e, err)
	})
	return n, err
}

func (c *conn) Close() error {
	e := c.event(Close)
	e.Abort = c.abort.Load()
	if c.r.closing != nil {
		c.r.closing(e, c.tcp)
	}
	return c.r.record(e, func() error {
		defer c.r.forget(c.tcp)
		return c.tcp.Close()
	})
}

func (c *conn) CloseWrite() error { return c.r.record(c.event(CloseWrite), c.tcp.CloseWrite) }

func (c *conn) SetLinger(sec int) error {
	err := c.tcp.SetLinger(sec)
	if err == nil {
		c.abort.Store(sec == 0)
	}
	return err
}

// Inner is the connection that a recorded one wraps, for what should not be
// in the recording; any other connection is itself.
func Inner(c net.Conn) net.Conn {
	if c, ok := c.(*conn); ok {
		return c.tcp
	}
	return c
}
