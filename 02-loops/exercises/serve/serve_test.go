package serve_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/dialtone/02-loops/exercises/serve"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { serve.Serve(grade.ClosedListener(), func(net.Conn) {}) })

const closed = "a closed listener is how a server is stopped, and no error: ask with errors.Is(err, net.ErrClosed), since == sees the outermost error only"

const early = "Serve waits for the goroutines that it has started (sync.WaitGroup), and counts each before it runs: wg.Add comes before go (wg.Go does both)"

const onlyOne = "one call was taken for all of them: Serve goes on until Accept fails"

// caller is a line on which somebody says a name and nothing more.
func caller(name string) *grade.Line { return &grade.Line{In: strings.NewReader(name)} }

// at waits for a step of the test while Serve goes on.
func at(t *testing.T, c grade.Case, call *grade.Call, step <-chan struct{}, what string) {
	t.Helper()
	call.As(c)
	if !call.Until(t, step, what) {
		call.Wait(t)
		c.Usually(onlyOne).
			Fail(t, what, "the end of Serve, although ln is open")
	}
}

func TestServeAnswersEverybody(t *testing.T) {
	const calls = 50
	ln := grade.NewListener()
	for i := range calls {
		ln.Ring(caller(fmt.Sprint("caller ", i)))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	all := make(chan struct{})
	c := grade.Case{
		Did:   fmt.Sprintf("Serve with %d callers, one after another", calls),
		Means: "a call was answered and then forgotten, or handled twice",
		Waits: "some calls were not accepted, or accepted and not handled",
	}
	var err error
	call := c.Start(t, func() {
		err = serve.Serve(ln, func(conn net.Conn) {
			name, _ := io.ReadAll(conn)
			mu.Lock()
			defer mu.Unlock()
			seen[string(name)]++
			if len(seen) == calls {
				close(all)
			}
		})
	})
	at(t, c, call, all, "every call handled")
	ln.Close()
	call.Wait(t)
	c.Usually(closed).NoError(t, err)
	for name, n := range seen {
		c.True(t, n == 1, "each call handled once", fmt.Sprintf("%s was handled %d times", name, n))
	}
}

func TestServeLetsNobodyWait(t *testing.T) {
	const calls = 300
	ln := grade.NewListener()
	for range calls {
		ln.Ring(caller("hello"))
	}
	var here atomic.Int32
	all, leave := make(chan struct{}), make(chan struct{})
	c := grade.Case{
		Did:   fmt.Sprintf("Serve with %d callers who all stay on the line until the last has been answered", calls),
		Waits: "one caller waits for another: each call needs a goroutine of its own, and Accept is called again at once",
	}
	call := c.Start(t, func() {
		serve.Serve(ln, func(net.Conn) {
			if here.Add(1) == calls {
				close(all)
			}
			<-leave
		})
	})
	t.Cleanup(func() { ln.Close() })
	defer close(leave)
	at(t, c, call, all, fmt.Sprintf("%d handlers at work at once", calls))
}

func TestServeEndsWithTheListener(t *testing.T) {
	ln := grade.NewListener()
	c := grade.Case{
		Did:   "Serve; then ln is closed, and Accept returns an error that wraps net.ErrClosed",
		Means: closed,
	}
	var err error
	call := c.Start(t, func() { err = serve.Serve(ln, func(net.Conn) {}) })
	call.Parked()
	ln.Close()
	call.Wait(t)
	c.Usually(closed).NoError(t, err)
}

func TestServeWaitsForTheLastHandler(t *testing.T) {
	broken := errors.New("the exchange is on fire")
	for _, end := range []struct {
		how string
		end func(*grade.Listener)
	}{
		{"ln is closed", func(ln *grade.Listener) { ln.Close() }},
		{"Accept fails", func(ln *grade.Listener) { ln.Break(broken) }},
	} {
		c := grade.Case{
			Did:   fmt.Sprintf("Serve with one caller; while the handler is at work %s; a day later the caller says hello, and the handler returns", end.how),
			Means: early,
		}
		grade.Bubble(t, c, func(t *testing.T) {
			c.Patience = 1000 * time.Hour
			here, there := net.Pipe()
			defer here.Close()
			ln := grade.NewListener(there)
			defer ln.Close()
			started := make(chan struct{})
			left, err := false, error(nil)
			call := c.Start(t, func() {
				serve.Serve(ln, func(conn net.Conn) {
					close(started)
					_, err = conn.Read(make([]byte, 5))
					left = true
				})
			})
			at(t, c, call, started, "the call handled")
			end.end(ln)
			time.Sleep(24 * time.Hour)
			c.True(t, !call.Ended(), "Serve to wait for the handler", "the end of Serve while the handler was at work")
			io.WriteString(here, "hello")
			call.Wait(t)
			c.True(t, left, "the handler's end before Serve's", "the end of Serve")
			c.Usually("Serve closed the connection, or set a deadline on it, while the handler was at work").NoError(t, err)
		})
	}
}

func TestServeWaitsForWhoeverHasNotBegun(t *testing.T) {
	grade.HandlesTheLast(t, grade.Case{Means: closed}, serve.Serve)
}

func TestServeHangsUp(t *testing.T) {
	line := caller("hello")
	ln := grade.NewListener(line)
	handled, leave := make(chan struct{}), make(chan struct{})
	c := grade.Case{Did: "Serve with one caller; the handler returns, then ln is closed"}
	var left atomic.Bool
	var err error
	call := c.Start(t, func() {
		err = serve.Serve(ln, func(conn net.Conn) {
			close(handled)
			<-leave
			left.Store(true)
		})
	})
	at(t, c, call, handled, "the call handled")
	call.Parked()
	open := !line.Closed()
	close(leave)
	c.Usually("the loop closes it while the handler works: Close belongs to the goroutine of the call").
		True(t, open, "an open connection for the handler", "a closed one")
	ln.Close()
	call.Wait(t)
	c.Usually(closed).NoError(t, err)
	if c = c.Usually(early); left.Load() {
		c = c.Usually("Serve closes each connection when its handler has returned: defer conn.Close() beside the call of handle")
	}
	c.True(t, line.Closed(), "the connection closed afterwards", "it is open")
}

// A caller who has been served must not have to wait for the others.
func TestServeHangsUpAtOnce(t *testing.T) {
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	ln := grade.NewListener(there)
	c := grade.Case{
		Did:   "Serve with one caller; the handler returns while ln stays open, and the caller reads",
		Waits: "the connections are closed only when Serve ends, or never: the caller waits for an end that does not come",
	}
	call := c.Start(t, func() { serve.Serve(ln, func(net.Conn) {}) })
	t.Cleanup(func() { ln.Close() })
	end := c.Start(t, func() { here.Read(make([]byte, 1)) })
	at(t, c, call, end.Done(), "the end of file at the caller")
}

func TestServeReportsThatItCannotAccept(t *testing.T) {
	for _, broken := range []error{errors.New("use of closed network connection"), os.ErrDeadlineExceeded, syscall.EMFILE} {
		ln := grade.NewListener(caller("hello"))
		ln.Ruin(broken)
		c := grade.Case{
			Did:   fmt.Sprintf("Serve; the second Accept fails with an error that is not net.ErrClosed (%v), and so does every later one", broken),
			Means: "the error of Accept was dropped, or taken for the end",
			Waits: "Accept was tried again, or something waits that is not a handler",
		}
		err := c.Do(t, func() error { return serve.Serve(ln, func(net.Conn) {}) })
		c.Usually(onlyOne).True(t, ln.Accepts() > 1, "a second Accept", "none")
		c.ErrorIs(t, err, broken)
		c.True(t, ln.Accepts() == 2, "no Accept after the one that failed", fmt.Sprintf("%d more", ln.Accepts()-2))
		c.Usually("the listener is its owner's to close").
			True(t, !ln.Closed(), "ln left open", "ln closed")
	}
}

// The same over real sockets: a second caller while the first is silent.
func TestServeOverTCP(t *testing.T) {
	ln := grade.Listen(t)
	c := grade.Case{
		Did:   "Serve on a TCP listener; one caller says nothing, a second says hello and is to be answered; both hang up, ln is closed",
		Waits: "one caller waits for another: each call needs a goroutine of its own, and Accept is called again at once",
	}
	silent, err := net.Dial("tcp4", ln.Addr().String())
	grade.Must(t, err)
	defer silent.Close()
	call := c.Start(t, func() {
		err = serve.Serve(ln, func(conn net.Conn) { io.Copy(conn, conn) })
	})
	var answer string
	talk := c.Start(t, func() {
		conn, err := net.Dial("tcp4", ln.Addr().String())
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(conn, "hello")
		buf := make([]byte, 5)
		n, _ := io.ReadFull(conn, buf)
		answer = string(buf[:n])
	})
	at(t, c, call, talk.Done(), "an answer to the second caller")
	c.Usually("the loop closes it while the handler works: Close belongs to the goroutine of the call").Bytes(t, "the answer", "hello", answer)
	silent.Close()
	ln.Close()
	call.As(grade.Case{Did: c.Did}) // who does not end now has another reason
	call.Wait(t)
	c.Usually(closed).NoError(t, err)
}
