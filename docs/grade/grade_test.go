package grade

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fake is a test that fails without failing this one.
type fake struct {
	testing.TB
	name, said string
}

func (f *fake) Helper()      {}
func (f *fake) Name() string { return f.name }

func (f *fake) Fatal(args ...any) {
	f.said = args[0].(string)
	runtime.Goexit()
}

func (f *fake) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// failure is what f says when it fails, "" if it does not.
func failure(f func(testing.TB)) string { return failureOf("TestOne", f) }

func failureOf(name string, f func(testing.TB)) string {
	t := fake{name: name}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(&t)
	}()
	<-done
	return t.said
}

func TestFailureSaysAllOfIt(t *testing.T) {
	c := Case{Did: "a call", Means: "a mistake"}
	got := failure(func(t testing.TB) { c.Bytes(t, "the answer", "hello baby~", "hello Baby") })
	require.Equal(t, `
done:     a call
expected: the answer, 11 bytes
came:     10 bytes, the first difference at byte 6
              byte  expected                           came
          ≠      0  68 65 6c 6c 6f 20 62 61 |hello ba| 68 65 6c 6c 6f 20 42 61 |hello Ba|
          ≠      8  62 79 7e                |by~|      62 79                   |by|
usually:  a mistake`, got)
	require.Empty(t, failure(func(t testing.TB) { c.Bytes(t, "", "same", "same") }))
}

func TestCompareFindsThePlace(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	require.Contains(t, Compare(long, long[:9000]), "right as far as they go; byte 9000 and the rest are missing")
	require.Contains(t, Compare(long[:9000], long), "all that was expected and more, from byte 9000")
	require.Contains(t, Compare("a\x00你", "a\x00"), "61 00 e4 bd a0          |a....|")
	require.Less(t, strings.Count(Compare(long, strings.ToUpper(long)+"x"), "\n"), 7)
}

func TestWaitsAreTold(t *testing.T) {
	begin := time.Now()
	c := Case{Did: "a call", Means: "not this", Waits: "nobody speaks"}
	got := failure(func(t testing.TB) { c.Run(t, func() { select {} }) })
	require.Contains(t, got, "still waiting after 800ms")
	require.Contains(t, got, "usually:  nobody speaks")
	require.GreaterOrEqual(t, time.Since(begin), patience)
	var stop atomic.Bool
	defer stop.Store(true)
	got = failure(func(t testing.TB) {
		c.Run(t, func() {
			for !stop.Load() {
			}
		})
	})
	require.Contains(t, got, "your code spins: after 800ms it is still at work")
	require.Empty(t, failure(func(t testing.TB) { c.Run(t, func() {}) }))
}

func TestPanicsAreTold(t *testing.T) {
	c := Case{Did: "a call", Means: "not this"}
	got := failure(func(t testing.TB) { c.Run(t, func() { var c net.Conn; c.Close() }) })
	require.Contains(t, got, "came:     panic: runtime error: invalid memory address")
	require.Contains(t, got, "usually:  a nil was used: an error was ignored")
	c.Panics = "nil is given"
	got = failure(func(t testing.TB) { c.Run(t, func() { var c net.Conn; c.Close() }) })
	require.Contains(t, got, "usually:  nil is given")
	c.Panics = ""
	got = failure(func(t testing.TB) { c.Run(t, func() { panic("boo") }) })
	require.NotContains(t, got, "usually")
}

func TestErrorsAreTold(t *testing.T) {
	c := Case{Did: "a call"}
	wrapped := &net.OpError{Op: "read", Err: io.EOF}
	require.Empty(t, failure(func(t testing.TB) { c.ErrorIs(t, wrapped, io.EOF) }))
	require.Contains(t, failure(func(t testing.TB) { c.ErrorIs(t, nil, io.EOF) }), "no error (nil)")
	require.Contains(t, failure(func(t testing.TB) { c.NoError(t, wrapped) }), `the error "read: EOF" (*net.OpError)`)
	require.Contains(t, failure(func(t testing.TB) { c.Run(t, func() { panic("not begun") }) }), "still the stub's")
}

func TestBubbleTellsWhatIsLeft(t *testing.T) {
	Bubble(t, Case{}, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		begin := time.Now()
		c := Case{Did: "a read with nobody there", Patience: 10 * time.Hour}
		got := failure(func(t testing.TB) { c.Run(t, func() { here.Read(make([]byte, 1)) }) })
		require.Contains(t, got, "still waiting after 10h0m0s, on a clock that moves only while all wait")
		require.GreaterOrEqual(t, time.Since(begin), 9*time.Hour)
	})
}

func TestOneCauseIsToldOnce(t *testing.T) {
	c := Case{Did: "a call", Means: "the only mistake of this kind"}
	fail := func(t testing.TB) { c.Fail(t, "this", "that") }
	require.Contains(t, failureOf("TestOne/part", fail), "usually:  the only mistake")
	require.Contains(t, failureOf("TestOne/another", fail), "usually:  the only mistake")
	require.Equal(t, "\nfails like TestOne: see there", failureOf("TestTwo", fail))
}

// A sentence about a mistake is said only where that mistake was seen.
func TestMeaningsGoWithWhatCame(t *testing.T) {
	c := Case{Did: "a call", Means: "not this", Less: "cut", More: "too much"}
	require.Contains(t, failure(func(t testing.TB) { c.Bytes(t, "", "hello", "hel") }), "usually:  cut")
	require.Contains(t, failure(func(t testing.TB) { c.Bytes(t, "", "hello", "") }), "came:     nothing\n")
	require.Contains(t, failure(func(t testing.TB) { c.Bytes(t, "", "hello", "hello!") }), "usually:  too much")
	require.Contains(t, failure(func(t testing.TB) { c.Bytes(t, "", "hello", "hallo") }), "usually:  not this")
	require.Contains(t, failure(func(t testing.TB) { c.NoError(t, io.EOF) }), "usually:  io.EOF is how")
	require.Contains(t, failure(func(t testing.TB) { c.NoError(t, net.ErrClosed) }), "usually:  net.ErrClosed comes")
	require.Contains(t, failure(func(t testing.TB) { c.NoError(t, errors.ErrUnsupported) }), "perhaps:  not this?")
	require.Contains(t, failure(func(t testing.TB) { c.Usually("this").NoError(t, io.EOF) }), "usually:  this")
	got := failure(func(t testing.TB) { c.ErrorIs(t, fmt.Errorf("hear: %v", io.ErrNoProgress), io.ErrNoProgress) })
	require.Contains(t, got, "finds io.ErrNoProgress\n")
	require.Contains(t, got, "usually:  the cause was turned into text: wrap it with %w")
}

func TestCirclesAreTold(t *testing.T) {
	c := Case{Did: "a call"}
	ln := NewListener()
	ln.Ruin(errors.ErrUnsupported)
	for _, again := range []func(){
		func() { ln.Accept() },
		func(l *Line) func() { return func() { l.Read(make([]byte, 1)) } }(&Line{In: strings.NewReader("")}),
	} {
		got := failure(func(t testing.TB) {
			c.Run(t, func() {
				for {
					again()
				}
			})
		})
		require.Contains(t, got, "your code spins: it calls ")
		require.Contains(t, got, " again and again, 20000 times")
	}
	require.Equal(t, `"hello"`, Short("hello"))
	require.Equal(t, `"`+strings.Repeat("你", 24)+`"…`, Short(strings.Repeat("你", 25)))
}

// A line is drawn of its own test only, with a mark where it fell short,
// and of many calls the latest.
func TestPicture(t *testing.T) {
	for locale, short := range map[string]string{"en_GB": "Read 3 B, then nothing: 8 B were never read", "zh_CN": "还有 8 B 没有读"} {
		t.Setenv("LC_ALL", locale)
		end := begin(t.Logf)
		line := &Line{In: strings.NewReader("hello baby~")}
		Case{}.Run(t, func() { line.Read(make([]byte, 3)) })
		for _, want := range []string{`"hel" 3 B`, "\n✗", short} {
			if got := running().picture(true); !strings.Contains(got, want) {
				t.Errorf("%s: want %q in\n%s", locale, want, got)
			}
		}
		for range 20 {
			Case{}.Run(t, func() { line.Write([]byte("x")); line.Write([]byte("last")) })
		}
		got := running().picture(false)
		if lines := strings.Split(got, "\n"); !strings.Contains(lines[len(lines)-1], `"last"`) || !strings.Contains(lines[0], "29") {
			t.Errorf("want 29 calls left out, and the latest at the end of\n%s", got)
		}
		end(true)
		if got := running().picture(true); got != "" {
			t.Errorf("a test that is over draws\n%s", got)
		}
	}
}
