package patient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/dialtone/03-reuseaddr/exercises/patient"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { patient.ListenRetry(context.Background(), "nowhere", true) })

var _ = grade.NotOn("windows", "this exercise is about Unix: on Windows SO_REUSEADDR means something else, and Go leaves it off")

// holder is a listener in the way.
func holder(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp", grade.Loopback())
	grade.Must(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// result is what a call gave, and when.
type result struct {
	ln        net.Listener
	err       error
	began, at time.Time
}

// retry is the call that most tests make.
func retry(addr string, reuse bool) func(context.Context) (net.Listener, error) {
	return func(ctx context.Context) (net.Listener, error) { return patient.ListenRetry(ctx, addr, reuse) }
}

// bubble makes a call on a clock of its own, whose ctx ends after limit, and
// then does f beside it. bind never waits, so real sockets do no harm to that
// clock.
func bubble(t *testing.T, c grade.Case, limit time.Duration,
	listen func(context.Context) (net.Listener, error), f func(cancel context.CancelCauseFunc)) (r result) {
	t.Helper()
	grade.Bubble(t, c, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		ctx, stop := context.WithTimeout(ctx, limit)
		defer stop()
		c.Patience = 24 * time.Hour
		r.began = time.Now()
		call := c.Start(t, func() {
			r.ln, r.err = listen(ctx)
			r.at = time.Now()
		})
		f(cancel)
		call.Wait(t)
	})
	if r.ln != nil && r.err == nil {
		t.Cleanup(func() { r.ln.Close() })
	}
	return r
}

func nothing(context.CancelCauseFunc) {}

const forEver = 1000 * time.Hour

// got wants a listener on addr, and an open one.
func got(t *testing.T, c grade.Case, r result, addr string) {
	t.Helper()
	c.NoError(t, r.err)
	c.True(t, r.ln != nil, "a listener on "+addr, "nil, and no error either")
	c.Usually("it is not the address that was given").
		True(t, r.ln.Addr().String() == addr, "a listener on "+addr, fmt.Sprintf("a listener on %v", r.ln.Addr()))
	client, err := net.DialTimeout("tcp", addr, 5*time.Second)
	c.Usually("the listener was closed, before it was handed out or when ctx ended: that is for whoever gets it to do").
		True(t, err == nil, "a listener that takes a call", grade.Describe(err))
	client.Close()
}

// stillInUse wants the error of a call that has waited in vain.
func stillInUse(t *testing.T, c grade.Case, r result) {
	t.Helper()
	c.Usually("the end of ctx was taken for a success: return its cause, and the error of the last try").
		True(t, r.err != nil, "an error", grade.Describe(r.err))
	c.Usually("what it waited for is missing from the error: keep that of the last try, fmt.Errorf takes %w twice").
		ErrorIs(t, r.err, syscall.EADDRINUSE)
}

func TestListenRetryWaitsForTheAddress(t *testing.T) {
	for _, busy := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond, 9 * time.Second, 15 * time.Second, 10 * time.Minute} {
		ln := holder(t)
		addr := ln.Addr().String()
		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, addr, true) where addr is in use for %v", busy),
			Means: "a refusal, the first or a later one, was taken for the last word: try again until ctx ends",
			Waits: "it never hears that the address is free, or tries too often: it does not wait between two tries, or the wait does not grow",
		}
		if busy == 0 {
			ln.Close()
		}
		var free time.Time
		r := bubble(t, c, forEver, retry(addr, true), func(context.CancelCauseFunc) {
			time.Sleep(busy)
			free = time.Now()
			ln.Close()
		})
		got(t, c, r, addr)
		late := r.at.Sub(free)
		if busy == 0 {
			c.Usually("it should try first, and wait only after that").True(t, late == 0, "a listener at once",
				fmt.Sprintf("one after %v", late))
		}
		c.Usually("the wait grows without an end: a second is the most").
			True(t, late <= time.Second, "a listener within 1s of that", fmt.Sprintf("one %v later", late))
	}
}

// How long it waits is seen from outside: an address that comes free just
// after a try is had at the next one. So each try gives the time for the
// one that follows.
func TestListenRetryBacksOff(t *testing.T) {
	const first, most, latest = 50 * time.Millisecond, time.Second, 20
	var tried, before time.Duration // when it last tried, and its wait before that
	for n := 1; n <= latest+2; n++ {
		ln := holder(t)
		addr := ln.Addr().String()
		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, addr, true) where addr comes free right after try %d (at %v)", n, tried),
			Means: "one refusal, or some, were taken for the last word: try again",
			Waits: "it never hears that the address is free, or tries too often: it does not wait between two tries",
		}
		r := bubble(t, c, forEver, retry(addr, true), func(context.CancelCauseFunc) {
			time.Sleep(tried + time.Nanosecond)
			ln.Close()
		})
		got(t, c, r, addr)
		wait := r.at.Sub(r.began) - tried
		for _, rule := range []struct {
			broken      bool
			means, want string
		}{
			{n == 1 && wait < time.Millisecond, "it hardly waits: that burns the processor", "1 to 50 ms later"},
			{n == 1 && wait > first, "the first wait is too long: most addresses are free again at once", "1 to 50 ms later"},
			{before == most && wait != most, "the wait does not stay at a second", "1s later, as before"},
			{before < most && wait <= before, "the wait does not grow, or stops short of a second",
				fmt.Sprintf("more than %v later, which was the wait before", before)},
			{wait > most, "the wait grows without an end: a second is the most", "1s later at most"},
			{n >= latest && wait != most, "the wait grows too slowly: twice as long each time makes a second of 10 ms in eight tries",
				fmt.Sprintf("1s later, from wait %d on", latest)},
		} {
			c.Usually(rule.means).True(t, !rule.broken, "the next try "+rule.want, fmt.Sprintf("the next try %v later", wait))
		}
		tried, before = tried+wait, wait
	}
}

var errClosing = errors.New("the shop is closing")

func TestListenRetryEndsWithItsContext(t *testing.T) {
	const busy = 5*time.Second + time.Millisecond
	for _, way := range []struct {
		name        string
		limit       time.Duration
		cause, want error
	}{
		{"cancelled after", forEver, nil, context.Canceled},
		{"cancelled, with a cause, after", forEver, errClosing, errClosing},
		{"with a deadline in", busy, nil, context.DeadlineExceeded},
	} {
		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, addr, true) where addr is in use for ever, and ctx is %s %v", way.name, busy),
			Means: "time.Sleep does not hear ctx: wait with select, for the time or for ctx.Done()",
			Waits: "the end of ctx is not heard, or not taken for an end: return when ctx.Done() is closed",
		}
		var over time.Time
		r := bubble(t, c, way.limit, retry(holder(t).Addr().String(), true), func(cancel context.CancelCauseFunc) {
			time.Sleep(busy)
			over = time.Now()
			if way.limit > busy {
				cancel(way.cause)
			}
		})
		c.Usually("it gave up before ctx ended").
			True(t, !r.at.Before(over), "its end when ctx ends", fmt.Sprintf("%s %v too early", grade.Describe(r.err), over.Sub(r.at)))
		c.True(t, r.at.Equal(over), "its end at the same moment", fmt.Sprintf("its end %v later", r.at.Sub(over)))
		stillInUse(t, c, r)
		c.Usually("the end of ctx is missing from the error (context.Cause): fmt.Errorf takes %w twice").
			ErrorIs(t, r.err, way.want)
		c.NoListener(t, r.ln)
	}
}

func TestListenRetryWithAContextThatIsOver(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errClosing)
	for _, at := range []struct{ what, addr string }{{"free", grade.Loopback()}, {"in use", holder(t).Addr().String()}} {
		c := grade.Case{
			Did:   fmt.Sprintf("ListenRetry(ctx, addr, true) where addr is %s and ctx has ended before", at.what),
			Means: "nobody wants this listener any more: ask ctx before the first try",
		}
		ln, err := grade.Get(t, c, func() (net.Listener, error) { return patient.ListenRetry(ctx, at.addr, true) })
		if ln != nil && err == nil {
			ln.Close()
		}
		ended := c
		if errors.Is(err, context.Canceled) {
			ended = c.Usually("ctx.Err does not know the cause: context.Cause(ctx) does")
		}
		ended.ErrorIs(t, err, errClosing)
		c.Usually("nothing is to be tried, so nothing can be in use: the cause alone is the error").
			True(t, !errors.Is(err, syscall.EADDRINUSE), "the cause that ctx gives, alone", grade.Describe(err))
		c.NoListener(t, ln)
	}
}

func TestListenRetryGivesUpOnOtherErrors(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:65536", "192.0.2.1:0"} {
		c := grade.Case{Did: fmt.Sprintf("ListenRetry(ctx, %q, true), which is no address to listen at", addr)}
		final(t, c, bubble(t, c, time.Minute, retry(addr, true), nothing))
	}
}

// final wants an error of net at once: only "address already in use" passes.
func final(t *testing.T, c grade.Case, r result) {
	t.Helper()
	c.Usually("it waits for what will never change: only \"address already in use\" passes").
		True(t, r.err == nil || r.at.Equal(r.began), "an error at once", fmt.Sprintf("%s after %v", grade.Describe(r.err), r.at.Sub(r.began)))
	c.NetError(t, r.err)
	c.NoListener(t, r.ln)
}

// A port below 1024, for somebody without privileges.
func TestListenRetryGivesUpWhereItMayNot(t *testing.T) {
	host, _, err := net.SplitHostPort(grade.Loopback())
	grade.Must(t, err)
	addr := net.JoinHostPort(host, "1")
	c := grade.Case{Did: fmt.Sprintf("ListenRetry(ctx, %q, true), a port that only root may listen at", addr)}
	var cannot error
	r := bubble(t, c, time.Minute, func(ctx context.Context) (ln net.Listener, err error) {
		cannot = powerless(addr, func() { ln, err = patient.ListenRetry(ctx, addr, true) })
		return ln, err
	}, nothing)
	switch {
	case cannot != nil:
		t.Skip("nothing is refused here: ", cannot)
	case r.err == nil && r.ln != nil:
		t.Skip("it does not listen on the goroutine that called ListenRetry, the only one without privileges")
	}
	final(t, c, r)
	c.ErrorIs(t, r.err, syscall.EACCES)
}

// A port in TIME_WAIT, at once or after a while: with the option it is
// free, without it one waits in vain.
func TestListenRetrySetsTheOption(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only tried on Linux")
	}
	for _, at := range []struct {
		busy        time.Duration
		what, means string
	}{
		{0, "is in TIME_WAIT", "SO_REUSEADDR is not what reuse says when bind is called (the exercise listen)"},
		{100 * time.Millisecond, "is in use for 100ms, and then in TIME_WAIT", "SO_REUSEADDR is not what reuse says from the second try on: each try has a new socket"},
	} {
		for _, reuse := range []bool{true, false} {
			ln := holder(t)
			client, err := net.DialTimeout("tcp", ln.Addr().String(), 5*time.Second)
			grade.Must(t, err)
			client.SetDeadline(time.Now().Add(5 * time.Second))
			server, err := ln.Accept()
			grade.Must(t, err)
			server.Close()
			_, err = io.ReadAll(client)
			grade.Must(t, err)
			client.Close()
			if at.busy == 0 {
				ln.Close()
			}

			addr := ln.Addr().String()
			c := grade.Case{
				Did:   fmt.Sprintf("ListenRetry(ctx, addr, %v) where addr %s, and had the option before; ctx ends after a minute", reuse, at.what),
				Means: at.means,
			}
			r := bubble(t, c, time.Minute, retry(addr, reuse), func(context.CancelCauseFunc) {
				if at.busy > 0 {
					time.Sleep(at.busy)
					ln.Close()
				}
			})
			if reuse {
				got(t, c, r, addr)
				continue
			}
			c.True(t, r.ln == nil || r.err != nil, "the address in use until ctx ends, and an error", "no error, but a listener on "+addr)
			stillInUse(t, c, r)
		}
	}
}
