package upload

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Limits are what a server allows. DefaultLimits can be left as it is.
type Limits struct {
	// MaxSize is the most bytes of one file. On Linux package resumable
	// takes them from the disk when they are announced, before any has
	// come: MaxConns announcements may take MaxConns times MaxSize.
	MaxSize int64
	// MaxConns is how many are served at once, at least 1; the next client
	// waits, none is dropped. Whoever opens so many, and keeps them busy,
	// shuts all others out: a limit for each address is a firewall's.
	MaxConns int

	// A client that is silent is cut off within twice IdleTimeout, which
	// is above 0, and so is one that sends fewer than MinRate bytes a
	// second of a file, measured over IdleTimeout: else one file could
	// last for ever, byte by byte. With MinRate 0 it can.
	IdleTimeout time.Duration
	MinRate     int64

	// ShutdownTimeout is how long files under way may go on after Serve's
	// context is done; 0 cuts them at once.
	ShutdownTimeout time.Duration
}

// DefaultLimits allows 100 clients at once and files of 8 GiB.
func DefaultLimits() Limits {
	return Limits{
		MaxSize: 8 << 30, MaxConns: 100, IdleTimeout: 30 * time.Second,
		MinRate: 64 << 10, ShutdownTimeout: 10 * time.Second,
	}
}

// Serve runs handle for each connection to ln, until ctx is done, which
// is no error, or ln fails for good. Then, in this order: it closes ln;
// it has the idle connections end, and none of them could come back in;
// files under way may go on for ShutdownTimeout; the others are cut.
// It returns when the last handle has.
func Serve(ctx context.Context, ln net.Listener, limits Limits, handle func(*Session)) error {
	stopping, stop := context.WithCancel(context.WithoutCancel(ctx))
	cutting, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	shutdown := sync.OnceFunc(func() {
		ln.Close() // wakes Accept, which knows nothing about contexts
		stop()
		time.AfterFunc(limits.ShutdownTimeout, cut)
	})
	defer shutdown()
	defer context.AfterFunc(ctx, shutdown)()

	places := make(chan struct{}, max(limits.MaxConns, 1))
	for {
		// First a place, then a client: one that has to wait does so in the
		// kernel's accept queue, and costs nothing here.
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := accept(ctx, ln)
		if ctx.Err() != nil {
			if err == nil {
				conn.Close() // it came too late
			}
			return nil
		}
		if err != nil {
			return err
		}
		sessions.Go(func() {
			defer func() { <-places }()
			defer conn.Close()
			s := NewSession(stopping, cutting, conn, limits)
			defer s.End()
			handle(s)
		})
	}
}

// What Accept may report that passes by itself: no descriptor or memory
// to be had just now. The numbers are Windows' WSAEMFILE and
// WSAENOBUFS. (Of a client who has left again Go does not tell.)
var passing = []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, 10024, 10055}

// accept is ln.Accept that waits out what passes by itself. An
// immediate retry would spin: without descriptors, 500,000 times a
// second.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		conn, err := ln.Accept()
		if err == nil || !slices.ContainsFunc(passing, func(p syscall.Errno) bool { return errors.Is(err, p) }) {
			return conn, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
