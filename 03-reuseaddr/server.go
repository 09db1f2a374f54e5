// Package reuseaddr is lesson 3: address already in use, on demand. Who
// holds a port when nobody listens there any more, how a server restarts
// on it at once, and how two servers share it. It mirrors section 7 of
// the source.
package reuseaddr

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// DrainQuiet is how long a server that was asked to stop waits for
	// another client in its queue.
	DrainQuiet = 100 * time.Millisecond
	// DrainLimit is how long it goes on accepting in all, and how long
	// it then waits for a client that sends nothing.
	DrainLimit = time.Second
)

// Serve answers every client on ln with its name, until ctx ends. Then it
// answers the clients still in the queue, closes ln, and returns nil when
// the last connection has ended. One connection may take timeout, which
// must be above 0.
func Serve(ctx context.Context, ln net.Listener, name string, timeout time.Duration) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	defer ln.Close()
	serve := func(conn net.Conn) {
		conns.Go(func() { serveConn(ctx, conn, name, timeout) })
	}
	// Accept knows nothing about contexts. A deadline wakes it and,
	// unlike Close, resets nobody in the queue.
	woken := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(woken)
		expire(ln, time.Now())
	})()
	pause := time.Millisecond
	for ctx.Err() == nil {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			serve(conn)
			pause = time.Millisecond
		case ctx.Err() != nil:
		case exhausted(err):
			time.Sleep(pause)
			pause = min(2*pause, time.Second)
		default:
			return err
		}
	}
	<-woken // or its deadline could come after those of drain
	drain(ln, serve)
	return nil
}

// drain serves the clients still in the queue of ln: the kernel resets
// those who are in there when a listener closes.
func drain(ln net.Listener, serve func(net.Conn)) {
	for end := time.Now().Add(DrainLimit); time.Now().Before(end); {
		expire(ln, time.Now().Add(DrainQuiet))
		switch conn, err := ln.Accept(); {
		case err == nil:
			serve(conn)
		case exhausted(err):
			time.Sleep(time.Millisecond)
		default:
			return
		}
	}
}

// expire makes Accept fail from t on.
func expire(ln net.Listener, t time.Time) {
	if ln, ok := ln.(interface{ SetDeadline(time.Time) error }); ok {
		ln.SetDeadline(t)
		return
	}
	ln.Close() // a listener of another kind: its queue is lost
}

// exhausted says whether Accept failed for want of descriptors or memory:
// that passes when a connection ends.
func exhausted(err error) bool {
	return isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, windows+24, windows+55)
}

// serveConn reads one line, writes name, and closes. A client that ends
// its line waits for us to close first; one that half-closes has been
// first itself.
func serveConn(ctx context.Context, conn net.Conn, name string, timeout time.Duration) {
	defer conn.Close()
	end := time.Now().Add(timeout)
	conn.SetDeadline(end)
	defer context.AfterFunc(ctx, func() {
		conn.SetDeadline(time.Now().Add(min(time.Until(end), DrainLimit)))
	})()
	line := bufio.NewReader(io.LimitReader(conn, MaxLine))
	if _, err := line.ReadString('\n'); err == nil || errors.Is(err, io.EOF) {
		io.WriteString(conn, name)
	}
}
