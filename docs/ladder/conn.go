package ladder

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

type listener struct {
	net.Listener
	r   *Recorder
	who string
}

func (l *listener) Accept() (net.Conn, error) {
	began := time.Now()
	c, err := l.Listener.Accept()
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
	began, s := l.r.begin(Event{Kind: Off, Who: l.who, Local: l.Addr().String()})
	err := l.Listener.Close()
	l.r.forget(l.Listener)
	l.r.end(s, began, func(e *Event) { fail(e, err) })
	return err
}

// listenerExtras is what a *net.TCPListener offers beyond a net.Listener.
type listenerExtras interface {
	SetDeadline(time.Time) error
	SyscallConn() (syscall.RawConn, error)
}

type tcpListener struct {
	*listener
	listenerExtras
}

type conn struct {
	net.Conn
	r             *Recorder
	who           string
	local, remote string
	abort         atomic.Bool // linger 0: Close will reset
}

// halfCloser is what every connection offers that can be closed one way.
type halfCloser interface{ CloseWrite() error }

// tcp is what a *net.TCPConn offers beyond a net.Conn.
type tcp interface {
	halfCloser
	tcpExtras
	CloseRead() error
	SetLinger(sec int) error
}

type tcpExtras interface {
	SetNoDelay(bool) error
	SetKeepAlive(bool) error
	SetKeepAlivePeriod(time.Duration) error
	SetKeepAliveConfig(net.KeepAliveConfig) error
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	SyscallConn() (syscall.RawConn, error)
}

// wrap keeps the methods that c has, so that code which asks for CloseWrite
// or SetLinger finds them on a recorded connection too. Left out on purpose
// are ReadFrom and WriteTo, io.Copy's short ways through sendfile and splice,
// where nobody could see the bytes: io.Copy falls back to Read and Write.
func (r *Recorder) wrap(c net.Conn, who string) net.Conn {
	w := &conn{Conn: c, r: r, who: who, local: c.LocalAddr().String(), remote: c.RemoteAddr().String()}
	switch inner := c.(type) {
	case tcp:
		return &tcpConn{halfConn{w, inner}, inner, inner}
	case halfCloser:
		return &halfConn{w, inner}
	}
	return w
}

func (c *conn) event(k Kind) Event {
	return Event{Kind: k, Who: c.who, Local: c.local, Remote: c.remote}
}

func (c *conn) Read(p []byte) (int, error) {
	began := time.Now()
	n, err := c.Conn.Read(p)
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
	n, err := c.Conn.Write(p)
	c.r.end(s, began, func(e *Event) {
		e.N = n
		if n < len(e.Head) {
			e.Head = e.Head[:n]
		}
		fail(e, err)
	})
	return n, err
}

func (c *conn) Close() error {
	return c.record(Close, func() error {
		defer c.r.forget(c.Conn)
		return c.Conn.Close()
	})
}

func (c *conn) record(k Kind, call func() error) error {
	e := c.event(k)
	e.Abort = k == Close && c.abort.Load()
	began, s := c.r.begin(e)
	err := call()
	c.r.end(s, began, func(e *Event) { fail(e, err) })
	return err
}

type halfConn struct {
	*conn
	half halfCloser
}

func (c *halfConn) CloseWrite() error { return c.record(CloseWrite, c.half.CloseWrite) }

type tcpConn struct {
	halfConn
	tcpExtras
	inner tcp
}

func (c *tcpConn) CloseRead() error { return c.record(CloseRead, c.inner.CloseRead) }

func (c *tcpConn) SetLinger(sec int) error {
	err := c.inner.SetLinger(sec)
	if err == nil {
		c.abort.Store(sec == 0)
	}
	return err
}

// Inner is the connection that a recorded one wraps, for what should not be
// in the recording; any other connection is itself.
func Inner(c net.Conn) net.Conn {
	switch c := c.(type) {
	case *tcpConn:
		return c.Conn
	case *halfConn:
		return c.Conn
	case *conn:
		return c.Conn
	}
	return c
}
