package accept_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"example.com/dialtone/01-basic/exercises/accept"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { accept.Greet(grade.NewListener(&grade.Line{In: strings.NewReader("")})) })

func TestGreet(t *testing.T) {
	caller := &grade.Line{In: strings.NewReader("")}
	ln := grade.NewListener(caller)
	c := grade.Case{Did: "Greet(ln), with one caller on the line", Means: "Accept gives a connection of its own: write to that, and close that, not ln",
		More: "only these words were to be said: no newline"}
	who, err := grade.Get(t, c, func() (string, error) { return accept.Greet(ln) })
	c.NoError(t, err)
	c.Bytes(t, "what the caller heard", "hello baby~", caller.Said())
	c.Usually("the connection was not closed").True(t, caller.Closed(), "a caller who is hung up", "the connection is open")
	c.True(t, !ln.Closed(), "an open listener", "ln is closed")
	c.Bytes(t, "who called", caller.RemoteAddr().String(), who)
}

func TestGreetReturnsTheError(t *testing.T) {
	ln := grade.NewListener()
	ln.Break(syscall.EMFILE)
	c := grade.Case{Did: "Greet(ln), and Accept fails", Means: "the error of Accept was dropped"}
	_, err := grade.Get(t, c, func() (string, error) { return accept.Greet(ln) })
	c.ErrorIs(t, err, syscall.EMFILE)

	broken := errors.New("the line broke")
	c = grade.Case{Did: "Greet(ln), and the Write to the caller fails", Means: "the error of Write was dropped"}
	caller := &grade.Line{Take: func([]byte) (int, error) { return 0, broken }}
	ln = grade.NewListener(caller)
	_, err = grade.Get(t, c, func() (string, error) { return accept.Greet(ln) })
	c.ErrorIs(t, err, broken)
	c.Usually("a return was reached without Close: defer conn.Close(), right after the error of Accept").
		True(t, caller.Closed(), "a caller who is hung up", "the connection is open")
}
