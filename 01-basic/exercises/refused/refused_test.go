package refused_test

import (
	"fmt"
	"io"
	"runtime/debug"
	"testing"

	"example.com/dialtone/01-basic/exercises/refused"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { refused.Refused("127.0.0.1:no-such-port") })

var _ = grade.NotOn("windows", "Windows says 10061, not syscall.ECONNREFUSED: the exercise explain knows both")

func TestRefused(t *testing.T) {
	debug.SetGCPercent(-1) // or it might hang up for you
	ln := grade.Listen(t)
	for _, call := range []struct {
		addr, who, means string
		want             bool
	}{
		{grade.Nobody(t), "nobody listens", "errors.Is(err, syscall.ECONNREFUSED) finds it, however it is wrapped", true},
		{ln.Addr().String(), "somebody listens", "no error: nothing was refused", false},
		{"127.0.0.1:no-such-port", "there is no such port", "it is an error, but not this one", false},
		{"127.0.0.1:connection refused", "the port has a strange name", "what an error says is for people; errors.Is looks at what it is", false},
	} {
		c := grade.Case{Did: "Refused(addr), where " + call.who, Means: call.means}
		var got bool
		c.Run(t, func() { got = refused.Refused(call.addr) })
		c.True(t, got == call.want, fmt.Sprint(call.want), fmt.Sprint(got))
	}
	ended := make(chan bool, 1)
	go func() {
		if other, err := ln.Accept(); err == nil {
			defer other.Close()
			io.Copy(io.Discard, other)
		}
		ended <- true
	}()
	c := grade.Case{Did: "Refused(addr), where somebody listens", Means: "nobody hung up: without an error there is a connection, and it has to be closed"}
	grade.Receive(t, c, ended, "the end of the call")
}
