package explain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.com/dialtone/01-basic/exercises/explain"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { explain.Explain(nil) })

var names = []string{"ok", "hung up", "closed here", "refused", "in use", "reset", "broken pipe", "timeout", "no such host"}

const (
	is    = "is this cause on your list? Then ask with errors.Is: it looks at every error in the chain; == and switch look at the outermost only"
	late  = "there are several errors for it, and what they share is a method: errors.As with an interface{ Timeout() bool }"
	other = "an error that is not on the list gives err.Error(), unchanged"
)

// check is about what Explain makes of err.
func check(t *testing.T, what string, err error, want, means string) {
	t.Helper()
	c := grade.Case{Did: fmt.Sprintf("Explain(%s), which is %T: %v", what, err, err)}
	if err == nil {
		c.Panics = means
	}
	var got string
	c.Run(t, func() { got = explain.Explain(err) })
	has := (interface{ Timeout() bool })(nil)
	switch {
	case slices.Contains(names, got) && slices.Contains(names, want):
		means = fmt.Sprintf("what you ask for %q finds more than it should", got)
	case means == other && got == "timeout" && errors.As(err, &has):
		means = "a type alone says nothing: it has a method Timeout, which says yes or no"
	}
	c.Usually(means).True(t, got == want, fmt.Sprintf("%q", want), fmt.Sprintf("%q", got))
}

// pair is both ends of a TCP connection on this machine.
func pair(t *testing.T) (here, there *net.TCPConn) {
	ln := grade.Listen(t)
	a, err := net.Dial("tcp4", ln.Addr().String())
	grade.Must(t, err)
	b, err := ln.Accept()
	grade.Must(t, err)
	t.Cleanup(func() { a.Close(); b.Close() })
	a.SetDeadline(time.Now().Add(5 * time.Second))
	b.SetDeadline(time.Now().Add(5 * time.Second))
	return a.(*net.TCPConn), b.(*net.TCPConn)
}

func read(c net.Conn) error { _, err := c.Read(make([]byte, 1)); return err }

func TestExplainOK(t *testing.T) {
	check(t, "nil", nil, "ok", "nil is the first case: ask err == nil before err.Error()")
}

func TestExplainWhatListenAndDialSay(t *testing.T) {
	ln := grade.Listen(t)
	_, err := net.Listen("tcp4", ln.Addr().String())
	check(t, "a second listener on a port", err, "in use", is)
	ln.Close()
	_, err = ln.Accept()
	check(t, "Accept after our own Close", err, "closed here", is)
	_, err = net.Dial("tcp4", grade.Nobody(t))
	check(t, "a dial to where nobody listens", err, "refused", is)
	missing := op("dial", &net.DNSError{Err: "no such host", Name: "nobody.test", IsNotFound: true})
	check(t, "a dial to a name that nobody has", missing, "no such host",
		"a name that does not resolve is a *net.DNSError with IsNotFound: errors.As finds it")
	broken := op("dial", &net.DNSError{Err: "server misbehaving", Name: "any.test"})
	check(t, "a resolver that fails otherwise", broken, broken.Error(), "not every *net.DNSError is about a missing name: IsNotFound tells")
}

func TestExplainWhatReadSays(t *testing.T) {
	here, there := pair(t)
	there.Close()
	check(t, "a read when the other side has closed", read(here), "hung up", is)
	here.Close()
	check(t, "a read after our own Close", read(here), "closed here", is)
	here, there = pair(t)
	there.SetLinger(0)
	there.Close()
	check(t, "a read when the other side has reset the connection", read(here), "reset", is)
}

func TestExplainBrokenPipe(t *testing.T) {
	if runtime.GOOS != "windows" { // where such a write fails with other errors at other times
		here, there := pair(t)
		there.Close()
		read(here) // the end of file: the other side has left
		var err error
		for err == nil { // the first write succeeds; the answer to it is what breaks the next
			_, err = here.Write([]byte("x"))
		}
		check(t, "a second write to one who has left", err, "broken pipe", is)
	}
	check(t, "EPIPE from a write", op("write", grade.Errno(syscall.EPIPE, 10053)), "broken pipe", is)
}

func TestExplainTimeout(t *testing.T) {
	here, _ := pair(t)
	here.SetReadDeadline(time.Unix(1, 0))
	read := read(here)
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancel()
	_, dial := new(net.Dialer).DialContext(ctx, "tcp4", "127.0.0.1:1")
	check(t, "a read past its deadline", read, "timeout", late)
	check(t, "a dial past its deadline", dial, "timeout", late)
	check(t, "a context past its deadline", ctx.Err(), "timeout", late)
	check(t, "the resolver's timeout", op("dial", &net.DNSError{Err: "i/o timeout", Name: "slow.test", IsTimeout: true}), "timeout", late)
	check(t, "EAGAIN, whose Timeout says true", op("read", syscall.EAGAIN), "timeout", late)
	check(t, "a wrapped one", fmt.Errorf("hear: %w", read), "timeout", "err.(net.Error) looks at the outermost error only; errors.As looks at all")
}

// Every cause, in wrappings that net and programs use; and the numbers of
// Windows on every system: nothing else has them.
func TestExplainLooksInside(t *testing.T) {
	const windows = "on Windows these are the numbers that come: syscall.Errno(10061) and so on"
	for _, of := range []struct {
		want  string
		cause error
		means string
	}{
		{"refused", grade.Errno(syscall.ECONNREFUSED, 10061), is},
		{"in use", grade.Errno(syscall.EADDRINUSE, 10048), is},
		{"reset", grade.Errno(syscall.ECONNRESET, 10054), is},
		{"broken pipe", grade.Errno(syscall.EPIPE, 10053), is},
		{"timeout", grade.Errno(syscall.ETIMEDOUT, 10060), is},
		{"timeout", os.ErrDeadlineExceeded, is},
		{"timeout", context.DeadlineExceeded, is},
		{"hung up", io.EOF, is},
		{"closed here", net.ErrClosed, is},
		{"no such host", &net.DNSError{Err: "no such host", Name: "nobody.test", IsNotFound: true}, is},
		{"refused", syscall.Errno(10061), windows},
		{"in use", syscall.Errno(10048), windows},
		{"reset", syscall.Errno(10054), windows},
		{"broken pipe", syscall.Errno(10053), windows},
		{"timeout", syscall.Errno(10060), windows},
	} {
		check(t, "the cause wrapped by net", op("read", of.cause), of.want, of.means)
		check(t, "the bare cause", of.cause, of.want, "is this cause on your list, and asked for as it is, not only inside of something?")
		check(t, "the cause wrapped by fmt.Errorf", fmt.Errorf("serve: %w", fmt.Errorf("call 7: %w", op("read", of.cause))), of.want, of.means)
		check(t, "the cause in errors.Join", errors.Join(errors.New("goodbye"), of.cause), of.want,
			"errors.Unwrap in a loop does not see into errors.Join; errors.Is does")
	}
}

// What is not on the list gives its own text, however near it comes.
func TestExplainOtherErrors(t *testing.T) {
	for _, text := range []string{
		"connection refused to be reset by peer", "i/o timeout", "EOF", "write: broken pipe", "connection refused",
		"address already in use", "use of closed network connection", "lookup x: no such host", "the cat sat on the phone",
	} {
		check(t, "an error with words only", errors.New(text), text,
			"what an error says is for people; errors.Is and errors.As look at what it is")
	}
	for _, of := range []struct {
		what string
		err  error
	}{
		{"io.ErrUnexpectedEOF, an end that came too early", io.ErrUnexpectedEOF},
		{"an error of the system", op("read", syscall.Errno(1))},
		{"a context cancelled", fmt.Errorf("serve: %w", context.Canceled)},
		{"what is no address", &net.ParseError{Type: "IP address", Text: "1.2.3"}},
		{"ECONNABORTED, a caller who gave up", op("accept", syscall.ECONNABORTED)},
		{"EHOSTUNREACH, no way there", op("dial", syscall.EHOSTUNREACH)},
		{"ENETUNREACH, no net at all", op("dial", syscall.ENETUNREACH)},
		{"io.ErrClosedPipe, of net.Pipe", op("write", io.ErrClosedPipe)},
		{"EADDRNOTAVAIL, an address of another machine", op("listen", syscall.EADDRNOTAVAIL)},
		{"EACCES, a port that needs permission", op("listen", syscall.EACCES)},
		{"os.ErrClosed, of a file", &os.PathError{Op: "read", Path: "phone.txt", Err: os.ErrClosed}},
		{"words with space around", errors.New("  the cat sat on the phone\n")},
	} {
		check(t, of.what, of.err, of.err.Error(), other)
	}
}

// layer is an error with a method Timeout of its own.
type layer struct {
	says bool
	err  error
}

func (l layer) Error() string { return fmt.Sprintf("a layer whose Timeout() is %v: %v", l.says, l.err) }
func (l layer) Unwrap() error { return l.err }
func (l layer) Timeout() bool { return l.says }

// Two layers that do not agree: the outermost has the word.
func TestExplainTimeoutOfTheOutermost(t *testing.T) {
	const means = "several errors in a chain may have Timeout() bool: the outermost of them decides, the one that errors.As finds first"
	cause := errors.New("the cat sat on the phone")
	yes := fmt.Errorf("serve: %w", layer{true, layer{false, cause}})
	check(t, "a timeout outside, none inside", yes, "timeout", means)
	no := fmt.Errorf("serve: %w", layer{false, layer{true, cause}})
	check(t, "no timeout outside, one inside", no, no.Error(), means)
}

func op(name string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(name, errno)
	}
	return &net.OpError{Op: name, Net: "tcp", Err: err}
}
