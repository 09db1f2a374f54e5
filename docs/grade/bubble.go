package grade

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

// Bubble runs f on a clock of its own, which stands still while anybody
// works and jumps when all wait (testing/synctest): an hour of silence
// costs no time. Real sockets do not know that clock; net.Pipe does.
//
// An answer that works for ever would stop that clock, so Bubble looks at the
// real one too.
func Bubble(t *testing.T, c Case, f func(t *testing.T)) {
	t.Helper()
	marked := make(chan string, 1)
	call := c.Start(t, func() {
		defer func() {
			// Goroutines that are left blocked make synctest panic.
			if r := recover(); r != nil && !t.Failed() {
				panic(fmt.Sprintf("%v: something that was started waits for ever", r))
			}
		}()
		mine := running()
		synctest.Test(t, func(t *testing.T) { // on a goroutine of a goroutine of this one
			runs.Store(goroutineID(), mine)
			marked <- bubbleMark()
			f(t)
		})
	})
	select {
	case mark := <-marked:
		call.mark.Store(mark)
	case <-call.done:
	}
	call.Wait(t)
	if t.Failed() {
		t.FailNow()
	}
}

// bubbleMark is how a dump marks the goroutines of this one's bubble, "" if
// it is in none.
func bubbleMark() string {
	head, _, _ := strings.Cut(stack(false), "\n")
	if i := strings.Index(head, "synctest"); i >= 0 {
		return head[i:]
	}
	return ""
}

// Left says where in the learner's file goroutines of this bubble still
// stand, "" if none is left.
func Left() string { return at(stack(true), "none", bubbleMark()) }
