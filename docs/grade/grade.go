// Package grade is what the tests of the exercises share: it knows an
// exercise that nobody has begun, calls the learner's code so that it can
// neither hang nor crash the tests, and words the failures.
package grade

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// notBegun is what the stub of an exercise panics with.
const notBegun = "not begun"

// One test binary grades one exercise, so its state is the package's.
var exercise struct {
	probes []func()
	file   string // "ask.go"
	where  string // "01-basic/exercises/ask/ask.go"
	once   sync.Once
	begun  bool
	unfit  string      // why it cannot be done on this system
	tests  sync.Map    // those that have passed Begun, by name
	hung   atomic.Bool // a call has been given up
	drawn  atomic.Bool // a picture has been printed: one is enough
	told   sync.Map    // meaning → the test that failed with it first

	mu      sync.Mutex
	results []string // see Results
}

// Hung reports whether a call of the answer has been given up in any test:
// a test that needs many calls need not wait for the same once more.
func Hung() bool { return exercise.hung.Load() }

// Stub is said once in the test file of an exercise: nobody has begun it
// while all probes panic as the stub does. A probe calls a function of the
// exercise with arguments that can do no harm: nobody to call, nothing to
// read. Whatever else it does is the learner's own doing, and counts as begun.
func Stub(probes ...func()) bool {
	_, test, _, _ := runtime.Caller(1)
	return stub(test, probes...)
}

func stub(test string, probes ...func()) bool {
	parts := strings.Split(filepath.ToSlash(strings.TrimSuffix(test, "_test.go")+".go"), "/")
	exercise.file = parts[len(parts)-1]
	exercise.where = path.Join(parts[max(0, len(parts)-4):]...)
	exercise.probes = probes
	return true
}

// NotOn is said beside Stub of an exercise that cannot be done on a system.
func NotOn(system, why string) bool {
	if runtime.GOOS == system {
		exercise.unfit = why
	}
	return true
}

// Begun skips t, saying where to start, while the exercise is the stub. The
// first call of the learner's code in a test begins with it (Case.Start, Run
// and Bubble do); a test calls it where something has to come in between.
//
// It also lets the tests of an exercise run side by side: an answer that
// waits for ever then costs one wait, not one for each test.
func Begun(tb testing.TB) {
	tb.Helper()
	t, ok := tb.(*testing.T)
	if !ok || exercise.probes == nil {
		return
	}
	if _, again := exercise.tests.LoadOrStore(t.Name(), true); again {
		return
	}
	t.Cleanup(func() {
		end := "pass"
		if t.Failed() {
			end = "fail"
		} else if t.Skipped() {
			end = "skip"
		}
		exercise.mu.Lock()
		defer exercise.mu.Unlock()
		exercise.results = append(exercise.results, t.Name()+" "+end)
		exercise.tests.Delete(t.Name()) // it may be run again
	})
	t.Parallel()
	exercise.once.Do(func() {
		exercise.begun = slices.ContainsFunc(exercise.probes, func(probe func()) bool {
			call := start(probe)
			return !call.over(patience/2) || !call.isStub()
		})
	})
	if !exercise.begun {
		t.Skipf("not begun: the task stands in %s; write the answer there", exercise.where)
	}
	if exercise.unfit != "" {
		t.Skip(exercise.unfit)
	}
	drawn := begin(t.Logf) // after the probes: theirs is not this test's line
	t.Cleanup(func() { drawn(!t.Failed() && !t.Skipped()) })
}

// Results are the tests that have ended, each with "pass", "fail" or
// "skip", for a grader that does not believe what an answer prints.
func Results() []string {
	exercise.mu.Lock()
	defer exercise.mu.Unlock()
	return slices.Clone(exercise.results)
}

// Case is one thing that a test does to the learner's code.
type Case struct {
	Did    string // what was done, in words
	Means  string // what a failure here usually means
	Waits  string // what it usually means that no end comes; Means if empty
	Panics string // what a panic usually means, if it is not what panics mean everywhere
	Less   string // what it usually means that Bytes finds only a beginning; Means if empty
	More   string // what it usually means that Bytes finds all, and more; Means if empty

	// Patience is how long an answer may take, 0.8 s if zero, and without
	// end on another clock (see Bubble).
	Patience time.Duration

	// perhaps is set where something else came than what Means was
	// written for: it is then asked, not said.
	perhaps bool
	said    bool // Means was given with Usually, for just this check
}

// Usually is c with another meaning of failure, whatever comes.
func (c Case) Usually(means string) Case {
	c.Means, c.Less, c.More, c.perhaps, c.said = means, "", "", false, true
	return c
}

// maybe is c with its meaning as a question.
func (c Case) maybe() Case {
	c.perhaps = !c.said && !strings.HasSuffix(c.Means, "?")
	return c
}

// Fail ends the test: what was done, what was expected, what came, and
// what that usually means. One cause fails many tests: the first one that
// has this meaning tells all, the others name it.
func (c Case) Fail(t testing.TB, want, got string) {
	t.Helper()
	usually, means := "usually", c.Means
	if c.perhaps && means != "" {
		usually, means = "perhaps", means+"?"
	}
	test, _, _ := strings.Cut(t.Name(), "/")
	if first, ok := exercise.told.LoadOrStore(means, test); ok && first != test && means != "" {
		t.Fatalf("\nfails like %s: see there", first)
	}
	var b strings.Builder
	for _, row := range []struct{ name, text string }{
		{"done", c.Did}, {"expected", want}, {"came", got}, {usually, means},
	} {
		if row.text == "" {
			continue
		}
		indent := "\n" + strings.Repeat(" ", 10)
		fmt.Fprintf(&b, "\n%-10s%s", row.name+":", strings.ReplaceAll(row.text, "\n", indent))
	}
	if p := running().picture(true); p != "" && exercise.drawn.CompareAndSwap(false, true) {
		fmt.Fprintf(&b, "\n\n%s", p)
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
	if got == want {
		return
	}
	switch {
	case strings.HasPrefix(want, got) && c.Less != "":
		c = c.Usually(c.Less)
	case want != "" && strings.HasPrefix(got, want) && strings.Trim(got[len(want):], "\x00") == "":
		c = c.Usually("a buffer has room for more than was read: only buf[:n] counts")
	case strings.HasPrefix(got, want) && c.More != "":
		c = c.Usually(c.More)
	}
	came := Count(len(got), "byte") + ", " + Compare(want, got)
	if got == "" {
		came = "nothing\n" + table(want, got, 0)
	}
	c.Fail(t, what+", "+Count(len(want), "byte"), came)
}

// Count is a number of things: "1 byte", "2 bytes".
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// NoError fails the test unless err is nil.
func (c Case) NoError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		c.because(err).Fail(t, "no error", Describe(err))
	}
}

// because is c with what is known about an error that is not due. What
// the test says about other mistakes is then a question at most.
func (c Case) because(err error) Case {
	switch {
	case c.said:
		return c
	case errors.Is(err, net.ErrClosed):
		return c.Usually("net.ErrClosed comes from using what this side has closed itself: did Close come too early, or is the end of a loop taken for an error?")
	case errors.Is(err, io.EOF):
		return c.Usually("io.EOF is how a Read says that the other side has ended well: here that is no error to return")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return c.Usually("a deadline passed while somebody waited")
	}
	_, path := errors.AsType[*os.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	if path || link {
		return c.Usually("a step on a file failed: the error names the step, the file and the reason")
	}
	return c.maybe()
}

// ErrorIs fails the test unless errors.Is finds want in err.
func (c Case) ErrorIs(t testing.TB, err, want error) {
	t.Helper()
	if errors.Is(err, want) {
		return
	}
	switch {
	case err == nil:
	case identifier(err) == "" && strings.Contains(err.Error(), want.Error()):
		c = c.Usually("the cause was turned into text: wrap it with %w (fmt.Errorf with %v makes an error that no longer holds it)")
	case errors.Is(err, net.ErrClosed):
		c = c.because(err)
	default:
		c = c.maybe()
	}
	c.Fail(t, "an error in which errors.Is finds "+cmp.Or(identifier(want), fmt.Sprintf("%q", want)), Describe(err))
}

// identifier is the name of a well-known error in err.
func identifier(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{
		{io.EOF, "io.EOF"}, {io.ErrUnexpectedEOF, "io.ErrUnexpectedEOF"},
		{io.ErrNoProgress, "io.ErrNoProgress"}, {io.ErrShortWrite, "io.ErrShortWrite"},
		{net.ErrClosed, "net.ErrClosed"}, {os.ErrDeadlineExceeded, "os.ErrDeadlineExceeded"},
		{context.Canceled, "context.Canceled"}, {context.DeadlineExceeded, "context.DeadlineExceeded"},
		{syscall.ECONNREFUSED, "syscall.ECONNREFUSED"}, {syscall.ECONNRESET, "syscall.ECONNRESET"},
		{syscall.EPIPE, "syscall.EPIPE"}, {syscall.EADDRINUSE, "syscall.EADDRINUSE"},
		{syscall.EINVAL, "syscall.EINVAL"}, {syscall.ETIMEDOUT, "syscall.ETIMEDOUT"},
		{syscall.Errno(10061), "WSAECONNREFUSED"}, {syscall.Errno(10054), "WSAECONNRESET"},
		{syscall.Errno(10053), "WSAECONNABORTED"}, {syscall.Errno(10048), "WSAEADDRINUSE"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return ""
}

// Describe words an error for a failure.
func Describe(err error) string {
	if err == nil {
		return "no error (nil)"
	}
	if name := identifier(err); name != "" {
		return fmt.Sprintf("the error %q (%T), in which errors.Is finds %s", err, err, name)
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
