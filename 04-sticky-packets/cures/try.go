package cures

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// An Outcome is what many rounds of one cure came to.
type Outcome struct {
	Rounds, Failed int
	// Fewest and Most are how many messages a round was taken for.
	Fewest, Most int
	// Took is how long all rounds took.
	Took time.Duration
	// Err is an error that some round ended with, if any did.
	Err error
}

// Try plays rounds of c, each on a new connection over the loopback, until
// ctx ends.
func Try(ctx context.Context, c Cure, rounds int) (o Outcome, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return o, err
	}
	defer ln.Close()
	o = Outcome{Rounds: rounds, Fewest: 1 << 30}
	began := time.Now()
	defer func() { o.Took = time.Since(began) }()
	for range rounds {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		got, roundErr, err := round(ln, c)
		if err != nil {
			return o, err
		}
		o.Fewest, o.Most = min(o.Fewest, len(got)), max(o.Most, len(got))
		if !c.same(got) {
			o.Failed++
			if roundErr != nil {
				o.Err = roundErr
			}
		}
	}
	return o, nil
}

// round gives what was received, how that ended, nil for the end of the stream
// (most of these know no better), and whether the round could be played at all.
func round(ln net.Listener, c Cure) (got [][]byte, roundErr, err error) {
	a, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	defer a.Close()
	b, err := ln.Accept()
	if err != nil {
		return nil, nil, err
	}
	defer b.Close()
	soon := time.Now().Add(2 * time.Second)
	a.SetDeadline(soon)
	b.SetDeadline(soon)
	var sender sync.WaitGroup
	sender.Go(func() {
		if c.send(a.(*net.TCPConn), c.Messages) == nil {
			a.(*net.TCPConn).CloseWrite()
		}
	})
	next := c.receive(b.(*net.TCPConn))
	for roundErr == nil {
		var message []byte
		if message, roundErr = next(); roundErr == nil {
			got = append(got, bytes.Clone(message))
		}
	}
	if roundErr == io.EOF {
		roundErr = nil
	}
	b.Close() // whoever is still sending learns it now
	sender.Wait()
	return got, roundErr, nil
}

// same reports whether got is what was sent, be it in another order: several
// writers have none.
func (c Cure) same(got [][]byte) bool {
	want, got := slices.Clone(c.Messages), slices.Clone(got)
	slices.SortFunc(want, bytes.Compare)
	slices.SortFunc(got, bytes.Compare)
	return slices.EqualFunc(want, got, bytes.Equal)
}
