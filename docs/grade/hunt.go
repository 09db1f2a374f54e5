package grade

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// hunted names, to a process of its own, the program that it tries.
const hunted = "DIALTONE_HUNTED"

// Hunt grades a check that the learner wrote: it tries it on programs, of
// which some are right and the others have a bug. Bugs says of each program
// what is wrong with it, in words for whoever misses it; a right one has "".
//
// Each program is tried by a process of its own, so that one that hangs,
// panics or leaks harms no other. A check that has not ended after 10 s
// counts as one that fails: what never ends is a bug that was noticed.
func Hunt(t *testing.T, check func(t *testing.T, program int), bugs ...string) {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv(hunted)); err == nil {
		check(t, n)
		return
	}
	said, caught := make([]string, len(bugs)), make([]bool, len(bugs))
	said[0], caught[0] = hunt(t, 0, time.Minute) // a right one
	_, test, _, _ := runtime.Caller(1)
	stub(test, func() {
		if strings.Contains(said[0], "panic: "+notBegun) {
			panic(notBegun)
		}
	})
	Begun(t)
	var tries sync.WaitGroup
	slots := make(chan struct{}, 4)
	for n := 1; n < len(bugs); n++ {
		slots <- struct{}{}
		tries.Go(func() {
			said[n], caught[n] = hunt(t, n, 10*time.Second)
			<-slots
		})
	}
	tries.Wait()
	right := 0
	var accused, missed []int
	for n, bug := range bugs {
		switch {
		case bug != "" && !caught[n]:
			missed = append(missed, n)
		case bug == "" && caught[n]:
			accused = append(accused, n)
		}
		if bug == "" {
			right++
		}
	}
	bad := len(bugs) - right
	c := Case{Did: fmt.Sprintf("your check tried %s and %d with a bug", Count(right, "right program"), bad)}
	if accused != nil {
		c.Usually("the check asks for what the task does not promise, or is itself wrong").
			Fail(t, "every right program passes", fmt.Sprintf("number %d is right, and fails:\n%s", accused[0], said[accused[0]]))
	}
	if missed != nil {
		c.Fail(t, fmt.Sprintf("%d of %d caught", bad, bad),
			fmt.Sprintf("%d of %d caught; one that you miss, number %d, %s", bad-len(missed), bad, missed[0], bugs[missed[0]]))
	}
}

// hunt tries one program, and returns what the check said about it, and
// whether it failed.
func hunt(t *testing.T, program int, limit time.Duration) (said string, failed bool) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	test, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+test+"$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", hunted, program))
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	said = strings.TrimSpace(string(out))
	if ctx.Err() != nil {
		said += "\nit had not ended after " + limit.String()
	} else if said == "" && err != nil {
		said = err.Error()
	}
	if lines := strings.Split(said, "\n"); len(lines) > 12 {
		said = strings.Join(append(lines[:12], "…"), "\n")
	}
	return said, err != nil
}
