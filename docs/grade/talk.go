package grade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// What some exercises have in common: upper and patience answer a caller until
// it hangs up, serve and stop accept any number of them.

// TwoAtOnce has a second conversation take place while the first is about
// to answer; first and other are what is to be answered to words that are
// the same but for the case of their letters.
func TwoAtOnce(t testing.TB, c Case, converse func(io.ReadWriter) error, first, other string) {
	t.Helper()
	c.Did = `Echo with a caller who says "first"; before this answer is taken, another Echo hears "other" from a caller of its own, and answers`
	c.Means = "both conversations use one buffer: each needs its own, made inside Echo"
	c.Waits = "one conversation waits for the other to end: do they share something that is locked?"
	second := &Line{In: strings.NewReader("other")}
	var secondErr error
	line := &Line{In: strings.NewReader("first"), Take: func(p []byte) (int, error) {
		secondErr = converse(second)
		return len(p), nil
	}}
	c.NoError(t, c.Do(t, func() error { return converse(line) }))
	c.NoError(t, secondErr)
	c.Bytes(t, "the answer to the first", first, line.Said())
	c.Bytes(t, "the answer to the other", other, second.Said())
}

// CannotAnswer has callers that have left when the answer comes.
func CannotAnswer(t testing.TB, converse func(io.ReadWriter) error) {
	t.Helper()
	for _, caller := range []struct {
		how string
		in  io.Reader
		err error
	}{
		{"byte by byte", iotest.OneByteReader(strings.NewReader("hello")), syscall.EPIPE},
		{"together with the end (io.EOF)", iotest.DataErrReader(strings.NewReader("hello")), io.ErrClosedPipe},
	} {
		writes := 0
		line := &Line{In: caller.in, Take: func([]byte) (int, error) { writes++; return 0, caller.err }}
		c := Case{
			Did:   fmt.Sprintf(`Echo with a caller who says "hello", %s, and has left when the answer comes`, caller.how),
			Means: "the error of Write was dropped: nobody hears the answer, and nobody is told",
		}
		err := c.Do(t, func() error { return converse(line) })
		c.Usually("all that a Read brings is answered, also beside an error: first buf[:n], then err").True(t, writes > 0, "an answer", "no Write")
		c.ErrorIs(t, err, caller.err)
		c.True(t, writes == 1, "no Write after one that failed", fmt.Sprintf("%d of them", writes-1))
	}
}

// HandlesTheLast has a call come right before the end: its goroutine may not
// have begun when Serve begins to wait. An answer that counts it only there
// misses it nearly every time; a hundred times leave it no luck.
func HandlesTheLast(t testing.TB, c Case, serve func(net.Listener, func(net.Conn)) error) {
	t.Helper()
	c.Did = "Serve with one caller, and ln closed as soon as it is answered"
	for range 100 {
		ln := NewListener(&Line{In: strings.NewReader("hello")})
		ln.Break(net.ErrClosed)
		var left atomic.Bool
		last := false
		err := c.Do(t, func() error {
			defer func() { last = left.Load() }()
			return serve(ln, func(net.Conn) { left.Store(true) })
		})
		c.NoError(t, err)
		c.Usually("Serve waits for the goroutines that it has started (sync.WaitGroup), and counts each before it runs: wg.Add comes before go (wg.Go does both)").
			True(t, last, "the handler's end, then Serve's", "the end of Serve, and the handler had not ended")
	}
}

// ClosesTheLast has a caller whose connection takes a while to close. A
// hundred tries leave nothing to luck.
func ClosesTheLast(t testing.TB, c Case, serve func(net.Listener, func(net.Conn)) error) {
	t.Helper()
	c.Did = "Serve with one caller, and ln closed; the Close of the caller's connection takes a while"
	for range 100 {
		line := &Line{In: strings.NewReader("hello")}
		ln := NewListener(Slow{line})
		ln.Break(net.ErrClosed)
		closed := false
		err := c.Do(t, func() error {
			defer func() { closed = line.Closed() }()
			return serve(ln, func(net.Conn) {})
		})
		c.NoError(t, err)
		c.Usually("Close runs after the goroutine has said Done (deferred calls run last to first), or on a goroutine of its own").
			True(t, closed, "the connection closed, then Serve's end", "the end of Serve, and Close had not ended")
	}
}

// Turns is a conversation over a net.Pipe, in a bubble. In each turn the
// caller waits, says a word, waits again, and takes the answer, which may
// come in smaller pieces than the word.
func Turns(t *testing.T, c Case, converse func(net.Conn) error, wait, listen time.Duration, turns ...[2]string) {
	t.Helper()
	var answer, want string
	var ended bool
	var err error
	Bubble(t, c, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		call := c.Start(t, func() { err = converse(there) })
		for _, turn := range turns {
			time.Sleep(wait)
			here.SetDeadline(time.Now().Add(listen + time.Hour))
			go io.WriteString(here, turn[0])
			time.Sleep(listen)
			want = turn[1]
			got := make([]byte, len(want))
			n, _ := io.ReadFull(here, got)
			if answer = string(got[:n]); answer != want {
				ended = call.ended(0)
				break
			}
		}
		// Echo comes back to its Read first: net.Pipe lets nobody set a
		// deadline when the other end is closed.
		synctest.Wait()
		here.Close()
		call.Wait(t)
	})
	if ended && err == nil {
		c = c.Usually("one answer was taken for the whole conversation")
	}
	c.True(t, answer == want, fmt.Sprintf("the answer %q, before the caller says more", want),
		fmt.Sprintf("%q; when the caller hung up, Echo ended with %s", answer, Describe(err)))
	c.NoError(t, err)
}

// Exchange is a Serve at work in a bubble. Each call is handled by reading
// until the line ends, and then for After more.
type Exchange struct {
	Case
	T     *testing.T
	Ln    *Listener
	Stop  context.CancelFunc
	After time.Duration
	Err   error        // of Serve, once it has ended
	Cut   atomic.Int32 // handlers whose line was closed under them
	Woken atomic.Int32 // handlers whose Read failed on an open line

	works      atomic.Int32 // handlers at work
	call       *Call
	end, ended time.Time // when Serve was to end, and when it did
}

// Serving starts serve in a bubble, and f beside it. Less of c is what it
// means that too few calls are handled.
func Serving(t *testing.T, c Case, serve func(context.Context, net.Listener, func(net.Conn)) error, f func(x *Exchange)) {
	t.Helper()
	Bubble(t, c, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		x := &Exchange{Case: c, T: t, Ln: NewListener(), Stop: stop}
		x.call = c.Start(t, func() {
			x.Err = serve(ctx, x.Ln, x.handle)
			x.ended = time.Now()
		})
		synctest.Wait()
		defer x.Ln.Close()
		f(x)
	})
}

func (x *Exchange) handle(conn net.Conn) {
	x.works.Add(1)
	defer x.works.Add(-1)
	switch _, err := io.Copy(io.Discard, conn); {
	case errors.Is(err, io.ErrClosedPipe):
		x.Cut.Add(1)
	case err != nil:
		x.Woken.Add(1)
	}
	time.Sleep(x.After)
}

// Rings makes n calls, which are all answered, and returns the callers' ends.
func (x *Exchange) Rings(n int) (callers []net.Conn) {
	x.T.Helper()
	before := int(x.works.Load())
	for range n {
		here, there := net.Pipe()
		x.T.Cleanup(func() { here.Close(); there.Close() })
		x.Ln.Ring(there)
		callers = append(callers, here)
	}
	x.Handles(before + n)
	return callers
}

// Handles fails the test unless n handlers are at work.
func (x *Exchange) Handles(n int) {
	x.T.Helper()
	synctest.Wait()
	c := x.Usually(x.Less)
	if x.end.IsZero() {
		x.Usually("one call was taken for all of them: Serve goes on until Accept fails").
			True(x.T, !x.call.ended(0), "Serve goes on", "its end")
		if x.Cut.Load() > 0 {
			c = x.Usually("the loop closes it while the handler works: Close belongs to the goroutine of the call")
		}
	}
	c.True(x.T, int(x.works.Load()) == n, Count(n, "handler")+" at work", fmt.Sprint(x.works.Load()))
}

// HangsUp has a caller end its call while Serve goes on.
func (x *Exchange) HangsUp() {
	x.T.Helper()
	line := &Line{In: strings.NewReader("hello")}
	x.Ln.Ring(line)
	x.Handles(0)
	x.True(x.T, line.Closed(), "the connection closed while Serve goes on", "it is open: "+strings.Join(line.Log(), ", "))
}

// End is what Serve ends by.
func (x *Exchange) End(by func()) {
	x.end = time.Now()
	by()
	synctest.Wait()
}

// Ends waits for Serve, and fails the test unless that takes d from its End
// on, and nothing is left behind. Early is what less time means.
func (x *Exchange) Ends(d time.Duration, early string) {
	x.T.Helper()
	x.call.Wait(x.T)
	synctest.Wait()
	took := x.ended.Sub(x.end)
	c := x.Usually("Serve ends when the last call has ended, or when timeout is over (0 is no time at all): nothing else is waited for")
	if took < d {
		c = x.Usually(early)
	}
	// Half a second is for answers that look again and again.
	c.True(x.T, d <= took && took <= d+time.Second/2, fmt.Sprintf("the end of Serve %v later", d), fmt.Sprintf("its end %v later", took))
	x.Usually("nothing waits for the handlers before Serve returns").
		True(x.T, x.works.Load() == 0, "no handler at work when Serve has returned", fmt.Sprintf("%d at work", x.works.Load()))
	left := Left()
	x.Usually("a goroutine waits for a context or a timer that may never come: context.AfterFunc and time.NewTimer can be stopped").
		True(x.T, left == "", "no goroutine left behind", "one of them: "+left)
}
