package stop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"weak"

	"example.com/dialtone/02-loops/exercises/stop"
	"example.com/dialtone/docs/grade"
)

// timeout is on the clock of a bubble, where it costs no time.
const timeout = time.Minute

const (
	asked   = "the end of ctx or of the listener is no failure: nil, where no call had to be cut"
	cutTold = "the calls that are left when the timeout is over are cut, and context.DeadlineExceeded says so"
	wakes   = "something waits that nobody wakes: when ctx is done, closing ln ends Accept; when the timeout is over, closing each connection ends its handler"
)

var _ = grade.Stub(func() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	stop.Serve(ctx, grade.ClosedListener(), func(net.Conn) {}, 0)
})

// exchange is a Serve that a test stops.
type exchange struct{ *grade.Exchange }

// bubble starts Serve in a bubble, and f beside it.
func bubble(t *testing.T, timeout time.Duration, with, means string, f func(x exchange)) {
	t.Helper()
	c := grade.Case{Did: fmt.Sprintf("Serve(…, %v) %s", timeout, with), Means: means,
		Less: "a call in progress was cut, or never answered", Waits: wakes}
	grade.Serving(t, c, func(ctx context.Context, ln net.Listener, handle func(net.Conn)) error {
		return stop.Serve(ctx, ln, handle, timeout)
	}, func(x *grade.Exchange) { f(exchange{x}) })
}

// ends wants Serve's end after d, and these errors in what it returns.
func (x exchange) ends(d time.Duration, want ...error) {
	x.T.Helper()
	x.Ends(d, "a call goes on until it ends by itself, or until the timeout that begins with the end of ctx is over; then Serve waits for its handler")
	x.Usually("whoever answers no more calls closes the listener").
		True(x.T, x.Ln.Closed(), "ln closed when Serve has returned", "ln open: callers ring and nobody answers")
	if want == nil {
		x.Usually(asked).NoError(x.T, x.Err)
	}
	for _, err := range want {
		c := x.Usually("the error of Accept was dropped")
		switch {
		case len(want) > 1 && x.Err != nil:
			c = x.Usually("one error took the place of the other: errors.Join keeps both")
		case err == context.DeadlineExceeded:
			c = x.Usually(cutTold)
		}
		c.ErrorIs(x.T, x.Err, err)
	}
}

func TestServeAnswersUntilStopped(t *testing.T) {
	const calls = 1000
	bubble(t, timeout, fmt.Sprintf("with %d callers on the line at once, and one more an hour later; all hang up by themselves; then ctx is done", calls),
		"a call was not answered, or the end of ctx not seen", func(x exchange) {
			callers := x.Rings(calls)
			time.Sleep(time.Hour)
			for _, caller := range append(callers, x.Rings(1)...) {
				caller.Close()
			}
			x.Handles(0)
			x.End(x.Stop)
			x.ends(0)
		})
}

func TestServeLetsConnectionsFinish(t *testing.T) {
	bubble(t, timeout, "with two calls in progress; ctx is done, and then somebody rings; the two hang up 15s and 30s later",
		"Accept knows nothing of ctx: closing the listener is what ends it, and it has to happen at once", func(x exchange) {
			callers := x.Rings(2)
			x.End(x.Stop)
			x.True(x.T, x.Ln.Closed(), "ln closed as soon as ctx is done", "ln open")
			late, _ := net.Pipe()
			x.Ln.Ring(late)
			for i, caller := range callers {
				x.Handles(2 - i)
				time.Sleep(timeout / 4)
				x.Handles(2 - i)
				caller.Close()
			}
			x.ends(timeout / 2)
			x.Usually("the calls were cut as soon as ctx was done").True(x.T, x.Cut.Load() == 0, "no call cut", fmt.Sprintf("%d cut", x.Cut.Load()))
		})
}

// A handler may need a while after its line was cut.
func TestServeCutsWhatIsLeft(t *testing.T) {
	bubble(t, timeout, "with three calls in progress; ctx is done; one hangs up, two stay on the line for ever, and their handlers need 15s after they have been cut",
		"nobody closes the connections that are left when the timeout is over", func(x exchange) {
			x.After = timeout / 4
			callers := x.Rings(3)
			x.End(x.Stop)
			callers[0].Close()
			time.Sleep(timeout / 2)
			x.Handles(2)
			x.ends(timeout+x.After, context.DeadlineExceeded)
			x.Usually("a deadline wakes a handler once, and one that sets its own never notices: Close is what ends its Reads and Writes").
				True(x.T, x.Woken.Load() == 0, "closed connections under the handlers that were cut",
					fmt.Sprintf("%d Reads that failed, and the connection was open", x.Woken.Load()))
			x.True(x.T, x.Cut.Load() == 2, "two calls cut", fmt.Sprintf("%d", x.Cut.Load()))
		})
}

func TestServeTimeoutOfZero(t *testing.T) {
	bubble(t, 0, "with a call in progress; ctx is done",
		"a timeout of 0 was taken for no limit", func(x exchange) {
			x.Rings(1)
			x.End(x.Stop)
			x.ends(0, context.DeadlineExceeded)
		})
}

func TestServeStoppedBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ln := grade.NewListener()
	c := grade.Case{Did: "Serve with a ctx that is done already, and a listener that is open", Means: "ctx was looked at only after a call had come"}
	c.NoError(t, c.Do(t, func() error { return stop.Serve(ctx, ln, func(net.Conn) {}, timeout) }))
	c.True(t, ln.Closed(), "ln closed", "ln open")
}

func TestServeCloses(t *testing.T) {
	bubble(t, timeout, "with a caller who ends the call; the handler returns",
		"Serve closes each connection when its handler has returned", func(x exchange) { x.HangsUp() })
}

func TestServeForgetsConnections(t *testing.T) {
	bubble(t, timeout, "with 100 callers who hang up at once; then the collector of memory runs, while Serve goes on",
		"the connections stay in a map or slice for ever: delete each when its handler has returned", func(x exchange) {
			var lines []weak.Pointer[grade.Line]
			for range 100 {
				line := &grade.Line{In: strings.NewReader("hello")}
				lines = append(lines, weak.Make(line))
				x.Ln.Ring(line)
			}
			x.Handles(0)
			for try := 0; len(lines) > 5 && try < 5; try++ {
				runtime.GC()
				lines = slices.DeleteFunc(lines, func(l weak.Pointer[grade.Line]) bool { return l.Value() == nil })
			}
			x.True(x.T, len(lines) <= 5, "their connections forgotten", fmt.Sprintf("%d of 100 still in memory", len(lines)))
			x.End(x.Stop)
			x.ends(0)
		})
}

// The end is not ctx's: the call in progress lasts an hour, and then ends by
// itself, or ctx is done as well.
func TestServeEndsWithAccept(t *testing.T) {
	for _, broken := range []error{net.ErrClosed, errors.New("the exchange is on fire"), os.ErrDeadlineExceeded, syscall.EMFILE} {
		var want []error
		if broken != net.ErrClosed {
			want = append(want, broken)
		}
		did := fmt.Sprintf("with a call in progress; Accept fails (%v), ctx goes on; ", broken)
		anHour := func(x exchange) (caller net.Conn) {
			caller = x.Rings(1)[0]
			x.End(func() {
				for range 5 {
					x.Ln.Break(broken)
				}
			})
			time.Sleep(time.Hour)
			x.Handles(1)
			x.Usually("Accept was tried again after it had failed").
				True(x.T, x.Ln.Accepts() == 2, "no Accept after the one that failed", fmt.Sprintf("%d more", x.Ln.Accepts()-2))
			return caller
		}
		bubble(t, timeout, did+"the call ends an hour later", "", func(x exchange) {
			anHour(x).Close()
			x.ends(time.Hour, want...)
		})
		bubble(t, timeout, did+"the call never ends, and an hour later ctx is done", "", func(x exchange) {
			anHour(x)
			x.End(x.Stop)
			x.ends(timeout, append(want, context.DeadlineExceeded)...)
		})
	}
}

func TestServeWaitsForWhoeverHasNotBegun(t *testing.T) {
	grade.HandlesTheLast(t, grade.Case{Waits: wakes}, func(ln net.Listener, handle func(net.Conn)) error {
		return stop.Serve(context.Background(), ln, handle, timeout)
	})
}

func TestServeClosesTheLast(t *testing.T) {
	grade.ClosesTheLast(t, grade.Case{Waits: wakes}, func(ln net.Listener, handle func(net.Conn)) error {
		return stop.Serve(context.Background(), ln, handle, timeout)
	})
}

// The last call is answered right before the end, as there.
func TestServeCutsWhoeverHasNotBegun(t *testing.T) {
	c := grade.Case{
		Did:   "Serve(…, 0) with one caller who stays on the line; ctx is done, and ln closed, as soon as it is answered",
		Waits: wakes + "; one whose goroutine has not run yet, too: put it among those in use before go",
	}
	for range 100 {
		here, there := net.Pipe()
		ln := grade.NewListener(there)
		ln.Break(net.ErrClosed)
		ctx, cancel := context.WithCancel(context.Background())
		c.Run(t, func() {
			stop.Serve(ctx, &answers{ln, cancel}, func(conn net.Conn) { io.Copy(io.Discard, conn) }, 0)
		})
		here.Close()
	}
}

// answers is a listener that ends the context when it gives a call.
type answers struct {
	*grade.Listener
	stop context.CancelFunc
}

func (a *answers) Accept() (net.Conn, error) {
	conn, err := a.Listener.Accept()
	if err == nil {
		a.stop()
	}
	return conn, err
}

// lasting is a context that never ends and counts who wants to be told.
type lasting struct {
	context.Context
	done    chan struct{}
	waiting atomic.Int32
}

func (l *lasting) Done() <-chan struct{} { return l.done }

// AfterFunc is what context.AfterFunc and the like ask of a context that is
// not theirs.
func (l *lasting) AfterFunc(func()) func() bool {
	l.waiting.Add(1)
	return sync.OnceValue(func() bool { l.waiting.Add(-1); return true })
}

func TestServeLeavesTheContext(t *testing.T) {
	ctx := &lasting{Context: context.Background(), done: make(chan struct{})}
	ln := grade.NewListener(&grade.Line{In: strings.NewReader("hello")})
	ln.Break(net.ErrClosed)
	c := grade.Case{
		Did: "Serve with one caller who hangs up; ln is closed by somebody else, Serve returns, and ctx goes on",
	}
	err := c.Do(t, func() error { return stop.Serve(ctx, ln, func(net.Conn) {}, timeout) })
	c.NoError(t, err)
	left := ctx.waiting.Load()
	c.Usually("the stop function that context.AfterFunc returns, or the cancel of a context made from ctx, was not called: ctx keeps ln in memory").
		True(t, left == 0, "nothing left behind that waits for the end of ctx", fmt.Sprintf("%d left", left))
}

// The same with a real socket under it, and a handler that waits in Write: the
// caller does not listen, so what is said fills the buffers.
func TestServeOverTCP(t *testing.T) {
	ln := grade.Listen(t)
	caller, err := net.Dial("tcp4", ln.Addr().String())
	grade.Must(t, err)
	defer caller.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := grade.Case{
		Did:   "Serve(…, 0) on a TCP listener, with a caller who stays on the line and hears nothing; the handler talks without end; ctx is done",
		Waits: wakes,
	}
	var cut error
	err = c.Do(t, func() error {
		return stop.Serve(ctx, ln, func(conn net.Conn) {
			cancel()
			for p := make([]byte, 1<<16); cut == nil; {
				_, cut = conn.Write(p)
			}
		}, 0)
	})
	c.Usually(cutTold).ErrorIs(t, err, context.DeadlineExceeded)
	c.Usually("the handler was woken some other way: Close is what ends its Reads and Writes for good").
		True(t, errors.Is(cut, net.ErrClosed), "the handler to find its connection closed (net.ErrClosed)", grade.Describe(cut))
}
