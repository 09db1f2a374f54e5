package taken_test

import (
	"fmt"
	"net"
	"runtime"
	"testing"

	"example.com/dialtone/03-reuseaddr/exercises/taken"
	"example.com/dialtone/docs/grade"
)

func begun(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows says 10048, not syscall.EADDRINUSE: the exercise explain knows both")
	}
	grade.Begun(t, func() { taken.Taken("127.0.0.1:no-such-port") })
}

func ask(t *testing.T, c grade.Case, addr string) (is bool, err error) {
	c.Run(t, func() { is, err = taken.Taken(addr) })
	return is, err
}

func TestTaken(t *testing.T) {
	begun(t)
	c := grade.Case{Did: "Taken(addr), where somebody listens", Means: "errors.Is(err, syscall.EADDRINUSE) finds it, however it is wrapped"}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	grade.Must(t, err)
	defer ln.Close()
	is, err := ask(t, c, ln.Addr().String())
	c.NoError(t, err)
	c.True(t, is, "true", fmt.Sprint(is))

	c = grade.Case{Did: `Taken("127.0.0.1:no-such-port")`, Means: "any other error says nothing about the address: return it"}
	is, err = ask(t, c, "127.0.0.1:no-such-port")
	c.True(t, !is && err != nil, "false and an error", fmt.Sprintf("%v, %v", is, err))
}

// Between the two calls another program may take the number: it is tried with
// several.
func TestTakenStops(t *testing.T) {
	begun(t)
	c := grade.Case{Did: "Taken(addr), twice, where nobody listens", Means: "the listener was not closed, and is in the way of the second call"}
	var is bool
	for range 5 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		grade.Must(t, err)
		ln.Close()
		for range 2 {
			is, err = ask(t, c, ln.Addr().String())
			c.NoError(t, err)
		}
		if !is {
			return
		}
	}
	c.Fail(t, "false", "true, each time")
}
