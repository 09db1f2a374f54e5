package grade

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	patience = 800 * time.Millisecond
	nap      = 20 * time.Millisecond
)

// Call is the learner's code at work on a goroutine of its own.
type Call struct {
	c     Case
	done  chan struct{}
	id    string       // of the goroutine, as in a stack dump
	crash string       // what it panicked with, and where
	spun  string       // what it did again and again, if it was stopped for that
	mark  atomic.Value // of its bubble in a stack dump, a string
}

// Run calls f, which calls the learner's code, and waits for its end.
func (c Case) Run(t testing.TB, f func()) {
	t.Helper()
	c.Start(t, f).Wait(t)
}

// Do is Run for a function that returns an error.
func (c Case) Do(t testing.TB, f func() error) (err error) {
	t.Helper()
	c.Run(t, func() { err = f() })
	return err
}

// Get is Run for a function that returns a value and an error.
func Get[T any](t testing.TB, c Case, f func() (T, error)) (v T, err error) {
	t.Helper()
	c.Run(t, func() { v, err = f() })
	return v, err
}

// Start calls f, which calls the learner's code, and does not wait for it.
// f must not end the test: it leaves what it got in variables, which are
// safe to read after Wait.
func (c Case) Start(t testing.TB, f func()) *Call {
	t.Helper()
	Begun(t)
	call := start(f)
	if call.c = c; c.Patience == 0 && bubbleMark() != "" {
		call.c.Patience = 1000 * time.Hour // of a clock that costs no time
	}
	return call
}

func start(f func()) *Call {
	call := &Call{done: make(chan struct{})}
	id := make(chan string)
	go func() {
		defer close(call.done)
		me := goroutineID()
		defer func() {
			if what, ok := spun.LoadAndDelete(me); ok {
				call.spun = what.(string)
			}
			if r := recover(); r != nil {
				call.crash = fmt.Sprint(r) + at(stack(false), "", "")
			}
		}()
		running() // and so it is known whose the goroutines are that f starts
		id <- me
		f()
	}()
	call.id = <-id
	return call
}

// Wait ends the test if the call panics or does not return in time.
func (call *Call) Wait(t testing.TB) {
	t.Helper()
	limit := cmp.Or(call.c.Patience, patience)
	if !call.over(limit) {
		call.stuck(t, limit)
	}
	if call.spun != "" {
		call.c.Usually("what failed is tried again at once, and fails again: look at its error").
			Fail(t, "an end to it", "your code spins: "+call.spun)
	}
	if call.isStub() {
		call.c.Usually("this part of the answer is still the stub's: write it in place of panic(\"not begun\")").
			Fail(t, "an answer", "panic: "+call.crash)
	}
	if call.crash != "" {
		call.c.Usually(cmp.Or(call.c.Panics, crashMeans(call.crash))).Fail(t, "no panic", "panic: "+call.crash)
	}
}

// isStub reports whether the call ended as the stub does.
func (call *Call) isStub() bool { return strings.HasPrefix(call.crash, notBegun) }

// spun holds, for a goroutine that was stopped for going round in a circle,
// what it did.
var spun sync.Map

// circle counts how often in a row something has failed.
type circle struct{ failed atomic.Int32 }

// endless is more often than anybody tries again who waits in between.
const endless = 20_000

// saw ends the goroutine of an answer that tries for ever what fails.
func (c *circle) saw(what string, ok bool) {
	if ok {
		c.failed.Store(0)
	} else if n := c.failed.Add(1); n >= endless {
		spun.Store(goroutineID(), fmt.Sprintf("it calls %s again and again, %d times", what, n)+at(stack(false), "", ""))
		runtime.Goexit()
	}
}

func (call *Call) stuck(t testing.TB, limit time.Duration) {
	t.Helper()
	exercise.hung.Store(true)
	busy := 0
	for range 5 {
		if !call.waits() {
			busy++
		}
		runtime.Gosched()
	}
	dump := stack(true)
	c := call.c.Usually(call.c.Waits)
	if call.c.Waits == "" {
		c = call.c.maybe()
	}
	said := fmt.Sprintf("still waiting after %v", limit)
	switch {
	case limit > time.Minute:
		said = fmt.Sprintf("still waiting after %v, on a clock that moves only while all wait", limit)
	case busy > 2:
		said = fmt.Sprintf("your code spins: after %v it is still at work, and waits for nobody", limit)
		if c.Means == "" {
			c = c.Usually("something is tried again and again that fails or ends at once, and its error is not looked at")
		}
	}
	c.Fail(t, "an end to it", said+at(dump, call.id, call.bubble()))
}

// crashMeans is what a panic usually means; some mean too many things.
func crashMeans(crash string) string {
	for words, means := range map[string]string{
		"nil pointer":          "a nil was used: an error was ignored that came with it, or nil is what was given",
		"index out of range":   "more was taken than is there: look at len, or at the count that came, first",
		"bounds out of range":  "more was taken than is there: look at len, or at the count that came, first",
		"makeslice":            "room was made for a length that nobody had checked: negative, or far too much",
		"interface conversion": "an interface was taken for one certain type: ask with the second result, v, ok := x.(T)",
		"closed channel":       "a channel was closed by one goroutine while another still uses it",
	} {
		if strings.Contains(crash, words) {
			return means
		}
	}
	return ""
}

// ended waits for the end. It counts naps, not time: on a machine with more
// work than it can do the naps get longer, and so does the limit.
func (call *Call) ended(limit time.Duration) bool {
	nap := max(nap, limit/50)
	for range int(limit/nap) + 1 {
		select {
		case <-call.done:
			return true
		case <-time.After(nap):
		}
	}
	return false
}

// over waits for the end, and once more where somebody in the process is at
// work: the other side, too, may have been held up.
func (call *Call) over(limit time.Duration) bool {
	return call.ended(limit) || limit <= patience && !idle() && call.ended(limit)
}

// waits reports whether the call stands still at this moment, with all that
// it has started.
func (call *Call) waits() bool {
	return working(own(stack(true), call.id, call.bubble())) == 0
}

// idle reports whether nobody is at work at this moment but who asks.
func idle() bool { return working(own(stack(true), "", "")) == 1 }

func working(goroutines []string) (n int) {
	for _, g := range goroutines {
		if !waiting.MatchString(g) {
			n++
		}
	}
	return n
}

// bubble is the mark of the call's bubble in a dump, if it has one.
func (call *Call) bubble() string {
	mark, _ := call.mark.Load().(string)
	return mark
}

var waiting = regexp.MustCompile(`^goroutine \d+ \[(IO wait|select|chan |sync\.|semacquire|sleep|synctest)`)

func stack(all bool) string {
	for size := 1 << 16; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, all); n < size {
			return string(buf[:n])
		}
	}
}

func goroutineID() string { return strings.Fields(stack(false))[1] }

// own are the parts of a dump that belong to a call: its goroutine, those
// that it has started, those of its bubble. With no id it is the whole dump.
func own(dump, id, bubble string) (parts []string) {
	for g := range strings.SplitSeq(dump, "\n\n") {
		head, _, _ := strings.Cut(g, "\n")
		if id == "" || strings.HasPrefix(head, "goroutine "+id+" ") ||
			strings.Contains(g+"\n", " in goroutine "+id+"\n") || bubble != "" && strings.HasSuffix(head, bubble) {
			parts = append(parts, g)
		}
	}
	return parts
}

var stands = regexp.MustCompile(`^goroutine \d+ \[([^],(]*[^],( ])`)

// at says where in the learner's file the goroutines of a call stand.
func at(dump, id, bubble string) string {
	line := regexp.MustCompile(`[/\\](` + regexp.QuoteMeta(exercise.file) + `:\d+)`)
	var places []string
	for _, g := range own(dump, id, bubble) {
		m := line.FindStringSubmatch(g)
		if m == nil || exercise.file == "" {
			continue
		}
		place := m[1]
		if s := stands.FindStringSubmatch(g); s != nil && id != "" && (s[1] == "IO wait" || itself(g)) {
			place += " (" + s[1] + ")"
		}
		if places = append(places, place); len(places) == 3 {
			break
		}
	}
	if places == nil {
		return ""
	}
	return "\nyour code stands at " + strings.Join(places, ", ")
}

// itself reports whether the learner's own line is what waits: a select or
// a channel deeper down belongs to the test's line or listener.
func itself(g string) bool {
	for line := range strings.Lines(g) {
		switch file := strings.TrimSpace(line); {
		case !strings.HasPrefix(line, "\t"), strings.Contains(file, "/src/runtime/"), strings.Contains(file, "/src/sync/"),
			strings.Contains(file, "/src/internal/"), strings.Contains(file, "/src/time/"):
		default:
			return strings.Contains(file, "/"+exercise.file+":")
		}
	}
	return false
}

// Receive is what comes out of ch, or the end of the test if nothing does
// in time. It is for what the other side of the learner's code reports.
func Receive[T any](t testing.TB, c Case, ch <-chan T, what string) T {
	t.Helper()
	var v T
	call := start(func() { v = <-ch })
	if !call.over(max(c.Patience, patience)) {
		c.Fail(t, what, "nothing of the kind, although the call has returned")
	}
	return v
}
