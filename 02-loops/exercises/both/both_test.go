package both_test

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"

	"example.com/dialtone/02-loops/exercises/both"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { both.Serve(grade.ClosedListener(), func(net.Conn) {}) })

func TestServe(t *testing.T) {
	broken := errors.New("no more calls")
	const callers = 50
	ln := grade.NewListener()
	for range callers {
		ln.Ring(&grade.Line{})
	}
	ln.Ruin(broken)
	var meet, handlers sync.WaitGroup
	meet.Add(callers)
	handlers.Add(callers)
	var mu sync.Mutex
	seen := map[net.Conn]bool{}
	c := grade.Case{
		Did:   fmt.Sprintf("Serve(ln, handle) with %d callers; each handle ends only once all the others have begun too", callers),
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
	c.True(t, len(seen) == callers, "as many different callers", "some of them twice")
}
