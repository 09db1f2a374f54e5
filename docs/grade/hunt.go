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
	first, firstErr := hunt(t, 0, time.Minute) // a right one
	_, test, _, _ := runtime.Caller(1)
	stub(test, func() {
		if strings.Contains(first, "panic: "+notBegun) {
			panic(notBegun)
		}
	})
	Begun(t)
	caught, said := make([]bool, len(bugs)), make([]string, len(bugs))
	caught[0], said[0] = firstErr != nil, first
	var tries sync.WaitGroup
	slots := make(chan struct{}, 4)
	right := 0
	for n, bug := range bugs {
		if bug == "" {
			right++
		}
		if n == 0 {
			continue // tried above
		}
		slots <- struct{}{}
		tries.Go(func() {
			var err error
			said[n], err = hunt(t, n, 10*time.Second)
			caught[n] = err != nil
			<-slots
		})
	}
	tries.Wait()
	did := fmt.Sprintf("your check tried %s and %d with a bug", Count(right, "right program"), len(bugs)-right)
	var missed []int
	for n, bug := range bugs {
		switch {
		case bug == "" && caught[n]:
			Case{Did: did, Means: "the check asks for what the task does not promise, or is itself wrong"}.
				Fail(t, "every right program passes", fmt.Sprintf("number %d is right, and fails:\n%s", n, said[n]))
		case bug != "" && !caught[n]:
			missed = append(missed, n)
		}
	}
	if len(missed) > 0 {
		n, bad := missed[0], len(bugs)-right
		Case{Did: did}.Fail(t, fmt.Sprintf("%d of %d caught", bad, bad),
			fmt.Sprintf("%d of %d caught; one that you miss, number %d, %s", bad-len(missed), bad, n, bugs[n]))
	}
}

// hunt tries one program, and returns what the check said about it.
func hunt(t *testing.T, program int, limit time.Duration) (said string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	test, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+test+"$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", hunted, program))
	cmd.WaitDelay = time.Second
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
	return said, err
}
