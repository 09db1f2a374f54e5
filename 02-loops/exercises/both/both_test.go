package both_test

import (
	"errors"
	"net"
	"sync"
	"testing"

	"example.com/dialtone/02-loops/exercises/both"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { both.Serve(grade.ClosedListener(), func(net.Conn) {}) })

func TestServe(t *testing.T) {
	broken := errors.New("no more calls")
	ln := grade.NewListener(&grade.Line{}, &grade.Line{})
	ln.Ruin(broken)
	var meet, handlers sync.WaitGroup
	meet.Add(2)
	handlers.Add(2)
	var mu sync.Mutex
	seen := map[net.Conn]bool{}
	c := grade.Case{
		Did:   "Serve(ln, handle) with two callers; each handle ends only once the other has begun too",
		Means: "each caller has to be handled once, by a goroutine that has a conn of its own",
		Waits: "handle was called, and the loop waits for its end: go handle(conn)",
	}
	var err error
	c.Run(t, func() {
		err = both.Serve(ln, func(conn net.Conn) {
			defer handlers.Done()
			mu.Lock()
			seen[conn] = true
			mu.Unlock()
			meet.Done()
			meet.Wait()
		})
	})
	c.Usually("the error of Accept was dropped").ErrorIs(t, err, broken)
	c.Run(t, handlers.Wait)
	c.True(t, len(seen) == 2, "two different callers", "one of them twice")
}
