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
	"time"
)

const (
	// Quiet is the silence after which a server that was asked to stop
	// believes that nobody is left in its queue.
	Quiet = 100 * time.Millisecond
	// Limit is how long it goes on answering in all, and how long it
	// bears with a caller who is silent.
	Limit = time.Second
)

// Serve answers every caller on ln with its name, until ctx ends. Then it
// answers those who wait in the queue, closes ln, and returns nil when the
// last call has ended. A caller silent for patience is cut off.
func Serve(ctx context.Context, ln net.Listener, name string, patience time.Duration) error {
	var calls sync.WaitGroup
	defer calls.Wait()
	defer ln.Close()
	answer := func(conn net.Conn) {
		calls.Go(func() { tell(ctx, conn, name, patience) })
	}
	// Accept knows nothing about contexts. A deadline wakes it and,
	// unlike Close, throws nobody out of the queue.
	woken := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(woken)
		expire(ln, time.Now())
	})()
	rest := time.Millisecond
	for ctx.Err() == nil {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			answer(conn)
			rest = time.Millisecond
		case ctx.Err() != nil:
		case exhausted(err):
			// Out of descriptors: that passes when a call ends.
			time.Sleep(rest)
			rest = min(2*rest, time.Second)
		default:
			return err
		}
	}
	<-woken // or its deadline could come after those of drain
	drain(ln, answer)
	return nil
}

// drain answers who is still in the queue of ln: what is in there when a
// listener closes, the kernel resets.
func drain(ln net.Listener, answer func(net.Conn)) {
	for end := time.Now().Add(Limit); time.Now().Before(end); {
		expire(ln, time.Now().Add(Quiet))
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		answer(conn)
	}
}

// expire makes Accept fail from t on.
func expire(ln net.Listener, t time.Time) {
	if door, ok := ln.(interface{ SetDeadline(time.Time) error }); ok {
		door.SetDeadline(t)
		return
	}
	ln.Close() // a listener of another kind: its queue is lost
}

// tell hears one line, says name, and hangs up. Who ends his line waits
// for us to hang up first; who half-closes instead has been the first.
func tell(ctx context.Context, conn net.Conn, name string, patience time.Duration) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	defer context.AfterFunc(ctx, func() {
		conn.SetDeadline(time.Now().Add(min(patience, Limit)))
	})()
	line := bufio.NewReader(io.LimitReader(conn, MaxLine))
	if _, err := line.ReadString('\n'); err == nil || errors.Is(err, io.EOF) {
		io.WriteString(conn, name)
	}
}
