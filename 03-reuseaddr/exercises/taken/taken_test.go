package taken_test

import (
	"fmt"
	"runtime/debug"
	"testing"

	"example.com/dialtone/03-reuseaddr/exercises/taken"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { taken.Taken("127.0.0.1:no-such-port") })

var _ = grade.NotOn("windows", "Windows says 10048, not syscall.EADDRINUSE: the exercise explain knows both")

func ask(t *testing.T, c grade.Case, addr string) (bool, error) {
	return grade.Get(t, c, func() (bool, error) { return taken.Taken(addr) })
}

func TestTaken(t *testing.T) {
	c := grade.Case{Did: "Taken(addr), where somebody listens", Means: "this error is the answer true, and no failure to return; errors.Is(err, syscall.EADDRINUSE) finds it, however it is wrapped"}
	is, err := ask(t, c, grade.Listen(t).Addr().String())
	c.NoError(t, err)
	c.True(t, is, "true", fmt.Sprint(is))

	for _, tt := range []struct{ addr, means string }{
		{"127.0.0.1:no-such-port", "any other error says nothing about the address: return it"},
		{"127.0.0.1:address already in use", "what an error says is for people; errors.Is looks at what it is"},
	} {
		c = grade.Case{Did: fmt.Sprintf("Taken(%q)", tt.addr), Means: tt.means}
		is, err = ask(t, c, tt.addr)
		c.True(t, !is && err != nil, "false and an error", fmt.Sprintf("%v, %v", is, err))
	}
}

// Between the two calls another program may take the number: it is tried with
// several.
func TestTakenStops(t *testing.T) {
	debug.SetGCPercent(-1) // or it might close it for you
	c := grade.Case{Did: "Taken(addr), twice, where nobody listens", Means: "the listener was not closed, and is in the way of the second call"}
	var is bool
	for range 5 {
		ln := grade.Listen(t)
		ln.Close()
		for range 2 {
			var err error
			is, err = ask(t, c, ln.Addr().String())
			c.NoError(t, err)
		}
		if !is {
			return
		}
	}
	c.Fail(t, "false", "true, each time")
}
