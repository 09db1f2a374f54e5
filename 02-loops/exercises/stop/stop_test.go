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
	"testing/synctest"
	"time"
	"weak"

	"example.com/dialtone/02-loops/exercises/stop"
	"example.com/dialtone/docs/grade"
)

// grace is on the clock of a bubble, where it costs no time.
const grace = time.Minute

const (
	asked   = "the end of ctx or of the listener is no failure: nil, where no call had to be cut"
	cutTold = "the calls that are left when the grace is over are cut, and context.DeadlineExceeded says so"
	wakes   = "something waits that nobody wakes: when ctx is done, closing ln ends Accept; when the grace is over, closing each connection ends its handler"
)

var _ = grade.Stub(func() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	stop.Serve(ctx, grade.ClosedListener(), func(net.Conn) {}, 0)
})

// exchange is one Serve at work in a bubble. Each call is handled by
// reading until the line ends, which takes the handler after more if that
// is not zero.
type exchange struct {
	t      *testing.T
	c      grade.Case
	ln     *grade.Listener
	stop   context.CancelFunc
	call   *grade.Call
	begin  time.Time
	after  time.Duration
	err    error
	serves atomic.Int32 // handlers at work
	cut    atomic.Int32 // handlers whose line was closed under them
	woken  atomic.Int32 // handlers whose Read failed on an open line
}

// bubble starts Serve in a bubble, and f beside it.
func bubble(t *testing.T, grace time.Duration, with, means string, f func(x *exchange)) {
	t.Helper()
	c := grade.Case{Did: fmt.Sprintf("Serve(…, %v) %s", grace, with), Means: means, Waits: wakes, Patience: 1000 * time.Hour}
	grade.Bubble(t, c, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		x := &exchange{t: t, c: c, ln: grade.NewListener(), stop: cancel}
		handle := func(conn net.Conn) {
			x.serves.Add(1)
			defer x.serves.Add(-1)
			switch _, err := io.Copy(io.Discard, conn); {
			case errors.Is(err, io.ErrClosedPipe):
				x.cut.Add(1)
			case err != nil:
				x.woken.Add(1)
			}
			time.Sleep(x.after)
		}
		x.call = c.Start(t, func() { x.err = stop.Serve(ctx, x.ln, handle, grace) })
		synctest.Wait()
		defer x.ln.Close()
		f(x)
	})
}

// rings makes n calls, which are all answered, and returns the callers' ends.
func (x *exchange) rings(n int) (callers []net.Conn) {
	x.t.Helper()
	before := int(x.serves.Load())
	for range n {
		here, there := net.Pipe()
		x.t.Cleanup(func() { here.Close(); there.Close() })
		x.ln.Ring(there)
		callers = append(callers, here)
	}
	x.serving(before + n)
	return callers
}

// serving fails the test unless n handlers are at work.
func (x *exchange) serving(n int) {
	x.t.Helper()
	synctest.Wait()
	x.c.Usually("a call in progress was cut, or never answered").
		True(x.t, int(x.serves.Load()) == n, fmt.Sprintf("%d handlers at work", n), fmt.Sprintf("%d", x.serves.Load()))
}

// off stops the exchange, by its context.
func (x *exchange) off() {
	x.begin = time.Now()
	x.stop()
	synctest.Wait()
}

// ends waits for Serve and fails the test unless that takes d from off on.
func (x *exchange) ends(d time.Duration) {
	x.t.Helper()
	c := x.c
	var took time.Duration
	go func() { <-x.call.Done(); took = time.Since(x.begin) }()
	x.call.Wait(x.t)
	synctest.Wait()
	means := "Serve ends when the last call has ended, or when grace is over (0 is no time at all): nothing else is waited for"
	if took < d {
		means = "a call goes on until it ends by itself, or until the grace that begins with the end of ctx is over; then Serve waits for its handler"
	}
	// Half a second is for answers that look again and again.
	c.Usually(means).True(x.t, d <= took && took <= d+time.Second/2, fmt.Sprintf("the end of Serve %v later", d), fmt.Sprintf("its end %v later", took))
	synctest.Wait()
	c.Usually("nothing waits for the handlers before Serve returns").
		True(x.t, x.serves.Load() == 0, "no handler at work when Serve has returned", fmt.Sprintf("%d at work", x.serves.Load()))
	c.Usually("whoever answers no more calls closes the listener").
		True(x.t, x.ln.Closed(), "ln closed when Serve has returned", "ln open: callers ring and nobody answers")
	left := grade.Left()
	c.Usually("a goroutine waits for a context or a timer that may never come: context.AfterFunc and time.NewTimer can be stopped").
		True(x.t, left == "", "no goroutine left behind", "one of them: "+left)
}

// endsWell wants no call cut, endsCut the others.
func (x *exchange) endsWell(d time.Duration) {
	x.t.Helper()
	x.ends(d)
	x.c.Usually(asked).NoError(x.t, x.err)
}

func (x *exchange) endsCut(d time.Duration) {
	x.t.Helper()
	x.ends(d)
	x.c.Usually(cutTold).ErrorIs(x.t, x.err, context.DeadlineExceeded)
}

func TestServeAnswersUntilStopped(t *testing.T) {
	bubble(t, grace, "with three callers, the last an hour later, who hang up by themselves; then ctx is done",
		"a call was not answered, or the end of ctx not seen", func(x *exchange) {
			callers := x.rings(2)
			time.Sleep(time.Hour)
			callers = append(callers, x.rings(1)...)
			for _, caller := range callers {
				caller.Close()
			}
			x.serving(0)
			x.off()
			x.endsWell(0)
		})
}

func TestServeAnswersMany(t *testing.T) {
	const calls = 300
	bubble(t, grace, fmt.Sprintf("with %d callers, all on the line at once; they hang up, and ctx is done", calls),
		"", func(x *exchange) {
			callers := x.rings(calls)
			for _, caller := range callers {
				caller.Close()
			}
			x.serving(0)
			x.off()
			x.endsWell(0)
		})
}

func TestServeStopsAnswering(t *testing.T) {
	bubble(t, grace, "with one call in progress; ctx is done, and then somebody rings",
		"Accept knows nothing of ctx: closing the listener is what ends it, and it has to happen at once", func(x *exchange) {
			callers := x.rings(1)
			x.off()
			x.c.True(x.t, x.ln.Closed(), "ln closed as soon as ctx is done", "ln open")
			late, _ := net.Pipe()
			x.ln.Ring(late)
			x.serving(1)
			time.Sleep(grace / 4)
			callers[0].Close()
			x.endsWell(grace / 4)
		})
}

func TestServeLetsCallsFinish(t *testing.T) {
	bubble(t, grace, "with two calls in progress; ctx is done; they hang up 15s and 30s later",
		"the calls were cut as soon as ctx was done", func(x *exchange) {
			callers := x.rings(2)
			x.off()
			for i, caller := range callers {
				x.serving(2 - i)
				time.Sleep(grace / 4)
				x.serving(2 - i)
				caller.Close()
			}
			x.endsWell(grace / 2)
			x.c.True(x.t, x.cut.Load() == 0, "no call cut", fmt.Sprintf("%d cut", x.cut.Load()))
		})
}

func TestServeCutsWhatIsLeft(t *testing.T) {
	bubble(t, grace, "with three calls in progress; ctx is done; one hangs up, two stay on the line for ever",
		"nobody closes the connections that are left when the grace is over", func(x *exchange) {
			callers := x.rings(3)
			x.off()
			time.Sleep(grace / 2)
			callers[0].Close()
			x.serving(2)
			x.endsCut(grace)
			x.c.Usually("a deadline wakes a handler once, and one that sets its own never notices: Close is what ends its Reads and Writes").
				True(x.t, x.woken.Load() == 0, "closed connections under the handlers that were cut", fmt.Sprintf("%d Reads that failed, and the connection was open", x.woken.Load()))
			x.c.True(x.t, x.cut.Load() == 2, "two calls cut", fmt.Sprintf("%d", x.cut.Load()))
		})
}

// A handler may need a while after its line was cut.
func TestServeWaitsForTheCut(t *testing.T) {
	bubble(t, grace, "with one call that never ends, whose handler needs 15s after it has been cut",
		"closing a connection does not end its handler at once: wait for it", func(x *exchange) {
			x.after = grace / 4
			x.rings(1)
			x.off()
			x.endsCut(grace + grace/4)
		})
}

func TestServeWithoutGrace(t *testing.T) {
	bubble(t, 0, "with a call in progress; ctx is done",
		"a grace of 0 was taken for no limit", func(x *exchange) {
			x.rings(1)
			x.off()
			x.endsCut(0)
		})
}

func TestServeStoppedBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ln := grade.NewListener()
	c := grade.Case{Did: "Serve with a ctx that is done already, and a listener that is open", Means: "ctx was looked at only after a call had come"}
	c.NoError(t, c.Do(t, func() error { return stop.Serve(ctx, ln, func(net.Conn) {}, grace) }))
	c.True(t, ln.Closed(), "ln closed", "ln open")
}

func TestServeHangsUp(t *testing.T) {
	bubble(t, grace, "with a caller who ends the call; the handler returns",
		"Serve closes each connection when its handler has returned", func(x *exchange) {
			line := &grade.Line{In: strings.NewReader("hello")}
			x.ln.Ring(line)
			x.serving(0)
			x.c.True(x.t, line.Closed(), "the connection closed while Serve goes on", "it is open: "+strings.Join(line.Log(), ", "))
			x.off()
			x.endsWell(0)
		})
}

func TestServeForgetsCalls(t *testing.T) {
	bubble(t, grace, "with 100 callers who hang up at once; then the collector of memory runs, while Serve goes on",
		"the connections stay in a map or slice for ever: delete each when its handler has returned", func(x *exchange) {
			var lines []weak.Pointer[grade.Line]
			for range 100 {
				line := &grade.Line{In: strings.NewReader("hello")}
				lines = append(lines, weak.Make(line))
				x.ln.Ring(line)
			}
			x.serving(0)
			for try := 0; len(lines) > 5 && try < 5; try++ {
				runtime.GC()
				lines = slices.DeleteFunc(lines, func(l weak.Pointer[grade.Line]) bool { return l.Value() == nil })
			}
			x.c.True(x.t, len(lines) <= 5, "their connections forgotten", fmt.Sprintf("%d of 100 still in memory", len(lines)))
			x.off()
			x.endsWell(0)
		})
}

func TestServeEndsWithTheListener(t *testing.T) {
	bubble(t, grace, "with a call in progress; ln is closed by somebody else, ctx goes on; the call ends an hour later",
		"the grace counts from the end of ctx; a closed listener alone hurries nobody", func(x *exchange) {
			x.lastsAnHour(func() { x.ln.Close() }).Close()
			x.endsWell(time.Hour)
		})
}

// lastsAnHour has a call in progress for an hour after the event.
func (x *exchange) lastsAnHour(event func()) (caller net.Conn) {
	x.t.Helper()
	caller = x.rings(1)[0]
	x.begin = time.Now()
	event()
	time.Sleep(time.Hour)
	x.serving(1)
	return caller
}

// The listener is closed, and later ctx is done too.
func TestServeStopsWhileItWaits(t *testing.T) {
	bubble(t, grace, "with a call that never ends; ln is closed by somebody else, and an hour later ctx is done",
		"after the last Accept nobody looked at ctx any more", func(x *exchange) {
			x.lastsAnHour(func() { x.ln.Close() })
			x.off()
			x.endsCut(grace)
		})
}

func TestServeReportsThatItCannotAccept(t *testing.T) {
	for _, broken := range []error{errors.New("the exchange is on fire"), os.ErrDeadlineExceeded, syscall.EMFILE} {
		bubble(t, grace, fmt.Sprintf("with a call in progress; Accept fails with an error that is not net.ErrClosed (%v); the call ends an hour later", broken),
			"the error of Accept was dropped, or came before the last handler had returned, or Accept was tried again", func(x *exchange) {
				x.c.Waits = "Accept was tried again after it had failed?"
				x.call.As(x.c)
				x.lastsAnHour(func() {
					for range 5 {
						x.ln.Break(broken)
					}
				}).Close()
				x.ends(time.Hour)
				x.c.ErrorIs(x.t, x.err, broken)
				x.c.True(x.t, x.ln.Accepts() == 2, "no Accept after the one that failed", fmt.Sprintf("%d more", x.ln.Accepts()-2))
			})
	}
}

// Accept has failed, and later the grace runs out as well.
func TestServeReportsBoth(t *testing.T) {
	broken := errors.New("the exchange is on fire")
	bubble(t, grace, "with a call that never ends; Accept fails, an hour later ctx is done, and the call has to be cut",
		"", func(x *exchange) {
			x.lastsAnHour(func() { x.ln.Break(broken) })
			x.off()
			x.ends(grace)
			both := x.c.Usually("one error took the place of the other: errors.Join keeps both")
			both.ErrorIs(x.t, x.err, broken)
			both.ErrorIs(x.t, x.err, context.DeadlineExceeded)
		})
}

func TestServeWaitsForWhoeverHasNotBegun(t *testing.T) {
	grade.HandlesTheLast(t, grade.Case{Waits: wakes}, func(ln net.Listener, handle func(net.Conn)) error {
		return stop.Serve(context.Background(), ln, handle, grace)
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
	err := c.Do(t, func() error { return stop.Serve(ctx, ln, func(net.Conn) {}, grace) })
	c.NoError(t, err)
	left := ctx.waiting.Load()
	c.Usually("the stop function that context.AfterFunc returns, or the cancel of a context made from ctx, was not called: ctx keeps ln in memory").
		True(t, left == 0, "nothing left behind that waits for the end of ctx", fmt.Sprintf("%d left", left))
}

// The same with a real socket under it, and handlers that wait in Read and
// in Write: the callers do not listen, so what is said fills the buffers.
func TestServeOverTCP(t *testing.T) {
	for _, handler := range []struct {
		does string
		work func(net.Conn) error
	}{
		{"hears", func(conn net.Conn) error { _, err := io.Copy(io.Discard, conn); return err }},
		{"talks", func(conn net.Conn) (err error) {
			for p := make([]byte, 1<<16); err == nil; {
				_, err = conn.Write(p)
			}
			return err
		}},
	} {
		ln := grade.Listen(t)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		c := grade.Case{
			Did:   fmt.Sprintf("Serve(…, 0) on a TCP listener, with a caller who says hello and stays on the line; the handler %s, without end; ctx is done", handler.does),
			Waits: wakes,
		}
		caller, err := net.Dial("tcp4", ln.Addr().String())
		grade.Must(t, err)
		defer caller.Close()
		io.WriteString(caller, "hello")
		answered := make(chan struct{})
		var cut error
		call := c.Start(t, func() {
			err = stop.Serve(ctx, ln, func(conn net.Conn) {
				conn.Read(make([]byte, 5))
				close(answered)
				cut = handler.work(conn)
			}, 0)
		})
		if !call.Until(t, answered, "the call answered") {
			call.Wait(t)
			c.Fail(t, "the call answered", "the end of Serve: "+grade.Describe(err))
		}
		cancel()
		call.Wait(t)
		c.Usually(cutTold).ErrorIs(t, err, context.DeadlineExceeded)
		c.Usually("the handler was woken some other way: Close is what ends its Reads and Writes for good").
			True(t, errors.Is(cut, net.ErrClosed), "the handler to find its connection closed (net.ErrClosed)", grade.Describe(cut))
	}
}
