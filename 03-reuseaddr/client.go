package reuseaddr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxLine is the most bytes that either side reads of the other's line.
const MaxLine = 256

// ErrNoAnswer is a connection that ended without a byte: its listener
// closed before it was accepted, or that is no server of this lesson.
var ErrNoAnswer = errors.New("read: EOF: the server closed without an answer")

// RequestName asks on conn who answers, and reads until the server has
// closed too; all of it may take timeout, which must be above 0, and the
// deadline stays set on conn. Who closes first keeps TIME_WAIT: with
// closeFirst it is this side, else the server.
func RequestName(conn net.Conn, closeFirst bool, timeout time.Duration) (name string, err error) {
	conn.SetDeadline(time.Now().Add(timeout))
	request := "who is there?\n"
	if closeFirst {
		request = strings.TrimSpace(request)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return "", err
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && closeFirst {
		// A half-close: our FIN is out, and we can still read.
		if err := half.CloseWrite(); err != nil {
			return "", err
		}
	}
	answer, err := io.ReadAll(io.LimitReader(conn, MaxLine))
	switch {
	case err != nil:
		return "", err
	case len(answer) == 0:
		return "", ErrNoAnswer
	}
	return string(answer), nil
}

// Requester makes of dial one request for Load: dial, RequestName, close.
func Requester(dial func(context.Context) (net.Conn, error), closeFirst bool, timeout time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		conn, err := dial(ctx)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		return RequestName(conn, closeFirst, timeout)
	}
}

// A Tally is how many requests each server has answered, by name.
type Tally map[string]int

func (t Tally) String() string {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(&lines, "%d answered by %s\n", t[name], name)
	}
	return lines.String()
}

// Load makes n requests, atOnce at a time, and counts who answered how
// many. The first failure ends it: failed requests are in no count.
func Load(ctx context.Context, n, atOnce int, request func(context.Context) (string, error)) (Tally, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var left atomic.Int64
	left.Store(int64(n))
	var mu sync.Mutex
	answered := Tally{}
	var clients sync.WaitGroup
	for range max(1, atOnce) {
		clients.Go(func() {
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				name, err := request(ctx)
				if err != nil {
					stop(err)
					return
				}
				mu.Lock()
				answered[name]++
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	return answered, context.Cause(ctx)
}
