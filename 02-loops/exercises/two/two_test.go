package two_test

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"example.com/dialtone/02-loops/exercises/two"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { two.Greet(grade.ClosedListener()) })

func greet(t *testing.T, c grade.Case, end error, callers ...net.Conn) error {
	ln := grade.NewListener(callers...)
	ln.Ruin(end)
	return c.Do(t, func() error { return two.Greet(ln) })
}

func TestGreet(t *testing.T) {
	c := grade.Case{
		Did:   "Greet(ln): three callers, the second hangs up before it is greeted, then ln is closed",
		Means: "Accept belongs into the loop; a caller that is lost does not end it; every caller is closed before the next is accepted",
		More:  "only these words were to be said: no newline",
	}
	callers, before := []*grade.Line{{}, {}, {}}, true
	callers[1].Take = func([]byte) (int, error) { return 0, io.ErrClosedPipe }
	callers[2].Take = func(p []byte) (int, error) {
		before = callers[0].Closed() && callers[1].Closed()
		return len(p), nil
	}
	err := greet(t, c, net.ErrClosed, callers[0], callers[1], callers[2])
	for i, caller := range callers {
		if i != 1 {
			c.Bytes(t, fmt.Sprintf("what caller %d heard", i+1), "hello baby~", caller.Said())
		}
		c.True(t, caller.Closed(), fmt.Sprintf("caller %d hung up", i+1), "its connection is open")
	}
	c.Usually("defer in a loop waits for the end of the function, and so for the last caller: Close after the Write").
		True(t, before, "one caller hung up before the next is greeted", "its connection is still open")
	c.Usually("net.ErrClosed is how Accept says that the listener was closed: the good end").NoError(t, err)
}

func TestGreetReturnsTheError(t *testing.T) {
	c := grade.Case{Did: "Greet(ln): no caller, and Accept fails with EMFILE", Means: "only net.ErrClosed is the good end"}
	c.ErrorIs(t, greet(t, c, syscall.EMFILE), syscall.EMFILE)
}
