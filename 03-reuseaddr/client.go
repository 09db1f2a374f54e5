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
	"time"
)

// MaxLine is the most bytes that either side will hear of the other.
const MaxLine = 256

// ErrNoAnswer is a call that ended without a word: the listener that had
// it in its queue is gone, or the other side is no server of this lesson.
var ErrNoAnswer = errors.New("the other side hung up without an answer")

// Ask asks on conn who answers, and reads until the other side has hung
// up too; a silence longer than patience is a timeout. Who hangs up first
// keeps TIME_WAIT: with hangUp it is this side, else the server.
func Ask(conn net.Conn, hangUp bool, patience time.Duration) (name string, err error) {
	conn.SetDeadline(time.Now().Add(patience))
	question := "who is there?\n"
	if hangUp {
		question = strings.TrimSpace(question)
	}
	if _, err := io.WriteString(conn, question); err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && hangUp {
		// A half-close: our FIN is out, and we can still hear.
		if err := half.CloseWrite(); err != nil {
			return "", fmt.Errorf("hang up: %w", err)
		}
	}
	answer, err := io.ReadAll(io.LimitReader(conn, MaxLine))
	switch {
	case err != nil:
		return "", fmt.Errorf("hear the answer: %w", err)
	case len(answer) == 0:
		return "", ErrNoAnswer
	}
	return string(answer), nil
}

// Asking makes of dial one call for Load: dial, Ask, hang up.
func Asking(dial func(context.Context) (net.Conn, error), hangUp bool, patience time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		conn, err := dial(ctx)
		if err != nil {
			return "", Explain(err)
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		return Ask(conn, hangUp, patience)
	}
}

// A Tally is how many calls each server has answered, by name.
type Tally map[string]int

func (t Tally) String() string {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(&lines, "%d answered by %s\n", t[name], name)
	}
	return lines.String()
}

// Load makes calls with ask, atOnce at a time, and counts who answered how
// many. The first failure ends it: failed calls are in no count.
func Load(ctx context.Context, calls, atOnce int, ask func(context.Context) (string, error)) (Tally, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	answered := Tally{}
	var callers sync.WaitGroup
	todo := make(chan int)
	for range max(1, atOnce) {
		callers.Go(func() {
			for n := range todo {
				name, err := ask(ctx)
				if err != nil {
					stop(fmt.Errorf("call %d: %w", n, err))
					continue // until todo is closed
				}
				mu.Lock()
				answered[name]++
				mu.Unlock()
			}
		})
	}
	for n := 1; n <= calls && ctx.Err() == nil; n++ {
		select {
		case todo <- n:
		case <-ctx.Done():
		}
	}
	close(todo)
	callers.Wait()
	return answered, context.Cause(ctx)
}
