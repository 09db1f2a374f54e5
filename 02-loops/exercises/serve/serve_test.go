package serve_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/dialtone/02-loops/exercises/serve"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { serve.Serve(grade.ClosedListener(), func(net.Conn) {}) })

const (
	closed = "a closed listener is how a server is stopped, and no error: ask with errors.Is(err, net.ErrClosed), since == sees the outermost error only"
	early  = "Serve waits for the goroutines that it has started (sync.WaitGroup), and counts each before it runs: wg.Add comes before go (wg.Go does both)"
)

// serving starts Serve in a bubble, and f beside it.
func serving(t *testing.T, with string, f func(x *grade.Exchange)) {
	t.Helper()
	grade.Serving(t, grade.Case{
		Did:   "Serve " + with,
		Means: "the connections are closed only when Serve ends, or never: defer conn.Close() beside the call of handle, in its goroutine",
		Less:  "one caller waits for another: each call needs a goroutine of its own, and Accept is called again at once",
		Waits: "some calls were not accepted, or Serve does not end with its listener",
	}, func(_ context.Context, ln net.Listener, handle func(net.Conn)) error { return serve.Serve(ln, handle) }, f)
}

func TestServeAnswersEverybody(t *testing.T) {
	const calls = 1000
	with := fmt.Sprintf("with %d callers who all stay on the line until the last has been answered; they hang up, and ln is closed", calls)
	serving(t, with, func(x *grade.Exchange) {
		for _, caller := range x.Rings(calls) {
			caller.Close()
		}
		x.Handles(0)
		x.End(func() { x.Ln.Close() })
		x.Ends(0, early)
		x.Usually(closed).NoError(x.T, x.Err)
	})
}

func TestServeWaitsForTheLastHandler(t *testing.T) {
	for _, end := range []error{net.ErrClosed, syscall.EMFILE} {
		with := fmt.Sprintf("with one caller; while the handler is at work Accept fails (%v); "+
			"a day later the caller hangs up, and the handler returns", end)
		serving(t, with, func(x *grade.Exchange) {
			caller := x.Rings(1)[0]
			x.End(func() { x.Ln.Break(end) })
			time.Sleep(24 * time.Hour)
			caller.Close()
			x.Ends(24*time.Hour, early)
			x.Usually("Serve closed the connection, or set a deadline on it, while the handler was at work").
				True(x.T, x.Cut.Load()+x.Woken.Load() == 0, "the caller heard to its end", "a Read that failed")
		})
	}
}

func TestServeWaitsForWhoeverHasNotBegun(t *testing.T) {
	grade.HandlesTheLast(t, grade.Case{Means: closed}, serve.Serve)
}

func TestServeClosesTheLast(t *testing.T) { grade.ClosesTheLast(t, grade.Case{}, serve.Serve) }

func TestServeCloses(t *testing.T) {
	serving(t, "with a caller who ends the call; the handler returns while ln stays open", func(x *grade.Exchange) { x.HangsUp() })
}

func TestServeReportsThatItCannotAccept(t *testing.T) {
	for _, broken := range []error{errors.New("use of closed network connection"), os.ErrDeadlineExceeded, syscall.EMFILE} {
		ln := grade.NewListener(&grade.Line{In: strings.NewReader("hello")})
		ln.Ruin(broken)
		c := grade.Case{
			Did:   fmt.Sprintf("Serve; the second Accept fails with an error that is not net.ErrClosed (%v), and so does every later one", broken),
			Means: "the error of Accept was dropped, or taken for the end",
			Waits: "Accept was tried again, or something waits that is not a handler",
		}
		err := c.Do(t, func() error { return serve.Serve(ln, func(net.Conn) {}) })
		c.Usually("one call was taken for all of them: Serve goes on until Accept fails").True(t, ln.Accepts() > 1, "a second Accept", "none")
		c.ErrorIs(t, err, broken)
		c.True(t, ln.Accepts() == 2, "no Accept after the one that failed", fmt.Sprintf("%d more", ln.Accepts()-2))
		c.Usually("the listener is its owner's to close").
			True(t, !ln.Closed(), "ln left open", "ln closed")
	}
}
