package accept_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"example.com/dialtone/01-basic/exercises/accept"
	"example.com/dialtone/docs/grade"
)

func TestPick(t *testing.T) {
	grade.Begun(t, func() { accept.Pick(grade.NewListener(&grade.Line{In: strings.NewReader("")})) })
	caller := &grade.Line{In: strings.NewReader("")}
	ln := grade.NewListener(caller)
	c := grade.Case{Did: "Pick(ln), with one caller on the line", Means: "Accept gives a connection of its own: write to that, and close that, not ln"}
	var who string
	var err error
	c.Run(t, func() { who, err = accept.Pick(ln) })
	c.NoError(t, err)
	c.Bytes(t, "what the caller heard", "hello baby~", caller.Said())
	c.Usually("the connection was not closed").True(t, caller.Closed(), "a caller who is hung up", "the connection is open")
	c.True(t, !ln.Closed(), "an open listener", "ln is closed")
	c.Bytes(t, "who called", caller.RemoteAddr().String(), who)
}

func TestPickReturnsTheError(t *testing.T) {
	grade.Begun(t, func() { accept.Pick(grade.NewListener(&grade.Line{In: strings.NewReader("")})) })
	ln := grade.NewListener()
	ln.Break(syscall.EMFILE)
	c := grade.Case{Did: "Pick(ln), and Accept fails", Means: "the error of Accept was dropped"}
	var err error
	c.Run(t, func() { _, err = accept.Pick(ln) })
	c.ErrorIs(t, err, syscall.EMFILE)

	broken := errors.New("the line broke")
	c = grade.Case{Did: "Pick(ln), and the Write to the caller fails", Means: "the error of Write was dropped"}
	c.Run(t, func() {
		_, err = accept.Pick(grade.NewListener(&grade.Line{Take: func([]byte) (int, error) { return 0, broken }}))
	})
	c.ErrorIs(t, err, broken)
}
