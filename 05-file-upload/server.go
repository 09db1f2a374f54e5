// Package upload is lesson 5: a header, then a big file. A client says
// what comes and how long it is, then sends it; a server receives it
// whole or not at all. It mirrors section 8 of the source, whose
// protocol it speaks (protocol 1) and makes trustworthy (protocol 2).
package upload

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// A Server receives files into a Folder, from clients of protocol 1 and
// 2 on the same port. NewServer gives one that can be left as it is.
type Server struct {
	Folder   *Folder
	MaxSize  int64 // of one file, in bytes
	MaxConns int   // served at once; the next caller waits, none is dropped

	// A client that is silent for Idle is cut off, and one that sends
	// fewer than LowestRate bytes a second, measured over Idle: else it
	// could hold its place for ever, one byte at a time.
	Idle       time.Duration
	LowestRate int64

	// Grace is how long files under way may go on once ctx is done.
	Grace time.Duration

	// Report is told of each file, stored or not; by several goroutines at
	// once.
	Report func(Record)
}

// NewServer is a server into f for 100 clients at once.
func NewServer(f *Folder) *Server {
	return &Server{
		Folder: f, MaxSize: 8 << 30, MaxConns: 100,
		Idle: 30 * time.Second, LowestRate: 64 << 10, Grace: 10 * time.Second,
		Report: func(Record) {},
	}
}

// Serve answers calls on ln until ctx is done, which is no error, or ln
// fails for good. Then it closes ln, and only then sends the idle
// connections away: none of them could come back in. It lets the files
// under way finish within Grace, cuts the others (they can be resumed),
// and returns when the last connection is closed.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	s.Folder.sweep(s.Folder.KeepBytes)
	stopping, tell := context.WithCancel(context.WithoutCancel(ctx))
	defer tell()
	defer context.AfterFunc(ctx, func() {
		ln.Close() // wakes Accept, which knows nothing about contexts
		tell()
	})()

	cut, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(s.Grace):
			cancel()
		case <-cut.Done():
		}
	})()

	var sessions sync.WaitGroup
	defer sessions.Wait()
	places := make(chan struct{}, s.MaxConns)
	for {
		// First a place, then a caller: who has to wait does so in the
		// kernel's accept queue, and costs nothing here.
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := accept(ctx, ln)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		sessions.Go(func() {
			defer func() { <-places }()
			s.session(stopping, cut, conn)
		})
	}
}

// accept is ln.Accept that waits out what passes by itself. An
// immediate retry would spin: without descriptors, 500,000 times a
// second.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		conn, err := ln.Accept()
		if err == nil || !slices.ContainsFunc(passing, func(p error) bool { return errors.Is(err, p) }) {
			return conn, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
