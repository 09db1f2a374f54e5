// Package grade is what the tests of the exercises share: it knows an
// exercise that nobody has begun, calls the learner's code so that it can
// neither hang nor crash the tests, and words the failures.
//
// Every lesson has its own copy, so that a lesson folder stands alone.
package grade

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// ErrNotBegun is what the stub of an exercise returns. Take it out when you
// write your answer: it is how the tests know that you have begun.
var ErrNotBegun = errors.New("not begun")

// One test binary grades one exercise, so its state is the package's.
var exercise struct {
	once  sync.Once
	file  string // "ask.go"
	where string // "01-basic/exercises/ask/ask.go"
	begun bool
}

// Begun comes first in every test of an exercise. It skips t, saying where to
// start, while probe returns ErrNotBegun. The probe calls the exercise with arguments that can do no harm: nobody
// to call, nothing to read. An error, a panic or a call that does not
// return is the learner's own doing, so each of them counts as begun.
//
// It also lets the tests of an exercise run side by side: an answer that
// waits for ever then costs one wait, not one for each test.
func Begun(t *testing.T, probe func() error) {
	t.Helper()
	t.Cleanup(func() { results.add(t) })
	t.Parallel()
	_, test, _, _ := runtime.Caller(1)
	exercise.once.Do(func() {
		parts := strings.Split(filepath.ToSlash(strings.TrimSuffix(test, "_test.go")+".go"), "/")
		exercise.file = parts[len(parts)-1]
		exercise.where = path.Join(parts[max(0, len(parts)-4):]...)
		var err error
		call := start(func() { err = probe() })
		exercise.begun = !call.ended(patience/2) || call.crash != "" || !errors.Is(err, ErrNotBegun)
	})
	if !exercise.begun {
		t.Skipf("not begun: the task stands in %s; write the answer there", exercise.where)
	}
}

var results list

type list struct {
	mu  sync.Mutex
	all []string
}

func (l *list) add(t *testing.T) {
	end := "pass"
	if t.Failed() {
		end = "fail"
	} else if t.Skipped() {
		end = "skip"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, t.Name()+" "+end)
}

// Results are the tests that have ended, each with "pass", "fail" or
// "skip", for a grader that does not believe what an answer prints.
func Results() []string {
	results.mu.Lock()
	defer results.mu.Unlock()
	return slices.Clone(results.all)
}

// Case is one thing that a test does to the learner's code.
type Case struct {
	Did   string // what was done, in words
	Means string // what a failure here usually means
	Waits string // what it usually means that no end comes; Means if empty

	// Patience is how long an answer may take, 0.8 s if zero. Tests on
	// another clock (see Bubble) need more.
	Patience time.Duration
}

// Usually is c with another meaning of failure.
func (c Case) Usually(means string) Case {
	c.Means = means
	return c
}

// Fail ends the test: what was done, what was expected, what came, and
// what that usually means.
func (c Case) Fail(t testing.TB, want, got string) {
	t.Helper()
	var b strings.Builder
	for _, row := range []struct{ name, text string }{
		{"done", c.Did}, {"expected", want}, {"came", got}, {"usually", c.Means},
	} {
		if row.text == "" {
			continue
		}
		indent := "\n" + strings.Repeat(" ", 10)
		fmt.Fprintf(&b, "\n%-10s%s", row.name+":", strings.ReplaceAll(row.text, "\n", indent))
	}
	t.Fatal(b.String())
}

// True fails the test unless ok.
func (c Case) True(t testing.TB, ok bool, want, got string) {
	t.Helper()
	if !ok {
		c.Fail(t, want, got)
	}
}

// Bytes fails the test unless got is want, and shows both side by side.
func (c Case) Bytes(t testing.TB, what, want, got string) {
	t.Helper()
	if got != want {
		c.Fail(t, fmt.Sprintf("%s, %d bytes", what, len(want)),
			fmt.Sprintf("%d bytes, %s", len(got), Compare(want, got)))
	}
}

// NoError fails the test unless err is nil.
func (c Case) NoError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		c.Fail(t, "no error", Describe(err))
	}
}

// ErrorIs fails the test unless errors.Is finds want in err.
func (c Case) ErrorIs(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		c.Fail(t, fmt.Sprintf("an error in which errors.Is finds %q", want), Describe(err))
	}
}

// Describe words an error for a failure.
func Describe(err error) string {
	switch {
	case err == nil:
		return "no error (nil)"
	case errors.Is(err, ErrNotBegun):
		return "grade.ErrNotBegun: this part of the answer is still the stub's"
	}
	return fmt.Sprintf("the error %q (%T)", err, err)
}

// Must ends the test if the test itself cannot work here: no port to be
// had, for instance. It is for what the test does, not for the answer.
// (Package require would do, but it makes every test of an exercise, and
// so every save under watch, a third slower to build.)
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("the test cannot work here, and your code has nothing to do with it: %v", err)
	}
}
