package patient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/03-reuseaddr/exercises/internal/grade"
	"example.com/dialtone/03-reuseaddr/exercises/patient"
)

// begun skips a test while ListenRetry is the stub: this address is none.
func begun(t *testing.T) {
	t.Helper()
	grade.Begun(t, func() error { _, err := patient.ListenRetry(t.Context(), "nowhere", true); return err })
	if runtime.GOOS == "windows" {
		t.Skip("this exercise is about Unix: on Windows SO_REUSEADDR means something else, and Go leaves it off")
	}
}

// loopback is an address of this process alone, where the system has more
// than one: what it sets free for a moment nobody else takes.
func loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1:0"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:0", 100+pid>>16&63, pid>>8&255, pid&255|1)
}

// holder is a listener in the way.
func holder(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp", loopback())
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// result is what ListenRetry gave, and when.
type result struct {
	ln  net.Listener
	err error
	at  time.Time
}

// bubble calls ListenRetry on a clock of its own, and then does f beside
// it. bind never waits, so real sockets do no harm to that clock.
func bubble(t *testing.T, c grade.Case, ctx func() (context.Context, context.CancelFunc), addr string, f func(cancel func())) (r result, began time.Time) {
	t.Helper()
	c.Patience = 1000 * time.Hour
	grade.Bubble(t, c, func(t *testing.T) {
		ctx, cancel := ctx()
		defer cancel()
		began = time.Now()
		call := c.Start(t, func() {
			r.ln, r.err = patient.ListenRetry(ctx, addr, true)
			r.at = time.Now()
		})
		f(cancel)
		call.WaitFor(t, 24*time.Hour)
	})
	if r.ln != nil && r.err == nil {
		t.Cleanup(func() { r.ln.Close() })
	}
	return r, began
}

func forEver() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }

// got wants a listener on addr.
func got(t *testing.T, c grade.Case, r result, addr string) {
	t.Helper()
	c.NoError(t, r.err)
	c.True(t, r.ln != nil && r.ln.Addr().String() == addr, "a listener on "+addr, fmt.Sprintf("%v", r.ln))
}

// isNil wants nothing beside the error.
func isNil(t *testing.T, c grade.Case, ln net.Listener) {
	t.Helper()
	c.Usually("a nil *net.TCPListener in a net.Listener is not nil: return nil itself").
		True(t, ln == nil, "nil beside the error", fmt.Sprintf("a listener that is not nil (%T)", ln))
}

func TestListenRetryOfAFreeAddress(t *testing.T) {
	begun(t)
	free := holder(t)
	free.Close()
	addr := free.Addr().String()
	c := grade.Case{
		Did:   "ListenRetry(ctx, addr, true) where addr is free",
		Means: "it should try first, and wait only after that",
	}
	r, began := bubble(t, c, forEver, addr, func(func()) {})
	got(t, c, r, addr)
	c.True(t, r.at.Equal(began), "a listener at once", fmt.Sprintf("one after %v", r.at.Sub(began)))
}

func TestListenRetryWaitsForTheAddress(t *testing.T) {
	begun(t)
	for _, busy := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 9 * time.Second, 15 * time.Second} {
		ln := holder(t)
		addr := ln.Addr().String()
		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, addr, true) where addr is in use for %v", busy),
			Means: "the first refusal was taken for the last word: try again",
			Waits: "it never hears that the address is free, or tries too often: it does not wait between two tries, or the wait does not grow",
		}
		var free time.Time
		r, _ := bubble(t, c, forEver, addr, func(func()) {
			time.Sleep(busy)
			free = time.Now()
			ln.Close()
		})
		got(t, c, r, addr)
		late := r.at.Sub(free)
		c.Usually("the wait grows without an end: a second is the most").
			True(t, late <= time.Second, "a listener within 1s of that", fmt.Sprintf("one %v later", late))
	}
}

// asked is a context that counts how often it is asked anything.
type asked struct {
	context.Context
	times *atomic.Int64
}

func (a asked) Done() <-chan struct{} { a.times.Add(1); return a.Context.Done() }
func (a asked) Err() error            { a.times.Add(1); return a.Context.Err() }

func TestListenRetryBacksOff(t *testing.T) {
	begun(t)
	ln := holder(t)
	const busy = 50 * time.Second // some 60 tries, if each wait is longer
	var times atomic.Int64
	c := grade.Case{
		Did:   fmt.Sprintf("ListenRetry(ctx, addr, true) where addr is in use for %v", busy),
		Means: "the wait between two tries is too short, or does not grow to a second",
		Waits: "the wait between two tries is too short, or does not grow; or it never hears that the address is free",
	}
	bubble(t, c, func() (context.Context, context.CancelFunc) {
		ctx, cancel := forEver()
		return asked{ctx, &times}, cancel
	}, ln.Addr().String(), func(func()) {
		time.Sleep(busy)
		ln.Close()
	})
	c.True(t, times.Load() < 500, "some sixty tries, and ctx asked no more than a few times for each", fmt.Sprintf("ctx asked %d times", times.Load()))
}

var errClosing = errors.New("the shop is closing")

func TestListenRetryEndsWithItsContext(t *testing.T) {
	begun(t)
	const busy = 5 * time.Second
	ways := []struct {
		name string
		ctx  func() (context.Context, context.CancelFunc)
		want error
	}{
		{"cancelled after", forEver, context.Canceled},
		{"with a deadline in", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), busy+time.Millisecond)
		}, context.DeadlineExceeded},
		{"cancelled, with a cause, after", func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(context.Background())
			return ctx, func() { cancel(errClosing) }
		}, errClosing},
	}
	for _, way := range ways {
		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, addr, true) where addr is in use for ever, and ctx is %s %v", way.name, busy+time.Millisecond),
			Means: "time.Sleep does not hear ctx: wait with select, for the time or for ctx.Done()",
			Waits: "the end of ctx is not heard, or not taken for an end: return when ctx.Done() is closed",
		}
		var over time.Time
		r, _ := bubble(t, c, way.ctx, holder(t).Addr().String(), func(cancel func()) {
			time.Sleep(busy + time.Millisecond)
			over = time.Now()
			if way.want != context.DeadlineExceeded {
				cancel()
			}
		})
		c.True(t, r.err != nil, "an error", grade.Describe(r.err))
		c.True(t, r.at.Equal(over), "its end at the same moment", fmt.Sprintf("its end %v later", r.at.Sub(over)))
		c.Usually("the end of ctx is missing from the error (context.Cause): fmt.Errorf takes %w twice").
			ErrorIs(t, r.err, way.want)
		c.Usually("what it waited for is missing from the error: keep that of the last try, fmt.Errorf takes %w twice").
			ErrorIs(t, r.err, syscall.EADDRINUSE)
		isNil(t, c, r.ln)
	}
}

func TestListenRetryWithAContextThatIsOver(t *testing.T) {
	begun(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errClosing)
	c := grade.Case{
		Did:   "ListenRetry(ctx, addr, true) where addr is free and ctx has ended before",
		Means: "nobody wants this listener any more: ask ctx before the first try",
	}
	var ln net.Listener
	var err error
	c.Run(t, func() { ln, err = patient.ListenRetry(ctx, loopback(), true) })
	if ln != nil && err == nil {
		ln.Close()
	}
	if errors.Is(err, context.Canceled) {
		c = c.Usually("ctx.Err does not know the cause: context.Cause(ctx) does")
	}
	c.ErrorIs(t, err, errClosing)
	isNil(t, c, ln)
}

func TestListenRetryGivesUpOnOtherErrors(t *testing.T) {
	begun(t)
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:65536", "192.0.2.1:0"} {
		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, %q, true), which is no address to listen at", addr),
			Means: "it waits for what will never change: only \"address already in use\" passes",
		}
		r, began := bubble(t, c, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), time.Minute)
		}, addr, func(func()) {})
		c.Usually("the error of net was dropped: return it").
			True(t, r.err != nil, "an error at once", grade.Describe(r.err))
		c.True(t, r.at.Equal(began), "an error at once", fmt.Sprintf("%s after %v", grade.Describe(r.err), r.at.Sub(began)))
		var op *net.OpError
		c.Usually("the error of net was replaced by one that no longer holds it (wrap with %w)").
			True(t, errors.As(r.err, &op), "the error of net, a *net.OpError", grade.Describe(r.err))
		isNil(t, c, r.ln)
	}
}

// A port in TIME_WAIT: with the option it is free at once, without it one
// waits in vain.
func TestListenRetrySetsTheOption(t *testing.T) {
	begun(t)
	if runtime.GOOS != "linux" {
		t.Skip("only tried on Linux")
	}
	for _, reuse := range []bool{true, false} {
		ln := holder(t)
		client, err := net.DialTimeout("tcp", ln.Addr().String(), 5*time.Second)
		require.NoError(t, err)
		client.SetDeadline(time.Now().Add(5 * time.Second))
		server, err := ln.Accept()
		require.NoError(t, err)
		server.Close()
		_, err = io.ReadAll(client)
		require.NoError(t, err)
		client.Close()
		ln.Close()

		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, addr, %v) where addr is in TIME_WAIT, and had the option before; ctx ends after 100ms", reuse),
			Means: "SO_REUSEADDR is not what reuse says when bind is called (the exercise listen)",
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		var again net.Listener
		c.Run(t, func() { again, err = patient.ListenRetry(ctx, ln.Addr().String(), reuse) })
		if err == nil {
			again.Close()
		}
		switch {
		case reuse:
			c.NoError(t, err)
		case err == nil:
			c.Fail(t, "the address in use until ctx ends, and an error", "no error, but a listener on "+ln.Addr().String())
		default:
			c.Usually("what it waited for is missing from the error: keep that of the last try, fmt.Errorf takes %w twice").
				ErrorIs(t, err, syscall.EADDRINUSE)
		}
	}
}
