package grade

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
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
}

func TestCompareFindsThePlace(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	require.Contains(t, Compare(long, long[:9000]), "right as far as they go; byte 9000 and the rest are missing")
	require.Contains(t, Compare(long[:9000], long), "all that was expected and more, from byte 9000")
	require.Contains(t, Compare("a\x00你", "a\x00"), "61 00 e4 bd a0          |a....|")
	require.Less(t, strings.Count(Compare(long, strings.ToUpper(long)+"x"), "\n"), 7)
	require.Equal(t, `"hello"`, Short("hello"))
	require.Equal(t, `"`+strings.Repeat("你", 24)+`"…`, Short(strings.Repeat("你", 25)))
}

// A sentence about a mistake is said only where that mistake was seen.
func TestMeaningsGoWithWhatCame(t *testing.T) {
	c := Case{Did: "a call", Means: "not this", Waits: "nobody speaks", Less: "cut", More: "too much"}
	nilUsed := func() { var c net.Conn; c.Close() }
	wrapped := &net.OpError{Op: "read", Err: io.EOF}
	ln := NewListener()
	ln.Ruin(errors.ErrUnsupported)
	line := &Line{In: strings.NewReader("")}
	var stop atomic.Bool
	defer stop.Store(true)
	for _, tt := range []struct {
		fails func(testing.TB)
		says  []string // nothing: it does not fail
	}{
		{func(t testing.TB) { c.Bytes(t, "", "same", "same") }, nil},
		{func(t testing.TB) { c.Bytes(t, "", "hello", "hel") }, []string{"usually:  cut"}},
		{func(t testing.TB) { c.Bytes(t, "", "hello", "") }, []string{"came:     nothing\n"}},
		{func(t testing.TB) { c.Bytes(t, "", "hello", "hello!") }, []string{"usually:  too much"}},
		{func(t testing.TB) { c.Bytes(t, "", "hello", "hallo") }, []string{"usually:  not this"}},
		{func(t testing.TB) { c.NoError(t, wrapped) }, []string{`the error "read: EOF" (*net.OpError)`, "usually:  io.EOF is how"}},
		{func(t testing.TB) { c.NoError(t, net.ErrClosed) }, []string{"usually:  net.ErrClosed comes"}},
		{func(t testing.TB) { c.NoError(t, errors.ErrUnsupported) }, []string{"perhaps:  not this?"}},
		{func(t testing.TB) { c.Usually("this").NoError(t, io.EOF) }, []string{"usually:  this"}},
		{func(t testing.TB) { c.ErrorIs(t, wrapped, io.EOF) }, nil},
		{func(t testing.TB) { c.ErrorIs(t, nil, io.EOF) }, []string{"no error (nil)"}},
		{func(t testing.TB) { c.ErrorIs(t, fmt.Errorf("hear: %v", io.ErrNoProgress), io.ErrNoProgress) },
			[]string{"finds io.ErrNoProgress\n", "usually:  the cause was turned into text: wrap it with %w"}},
		{func(t testing.TB) { c.Run(t, func() {}) }, nil},
		{func(t testing.TB) { c.Run(t, nilUsed) }, []string{"came:     panic: runtime error: invalid memory address", "usually:  a nil was used"}},
		{func(t testing.TB) { Case{Panics: "nil is given"}.Run(t, nilUsed) }, []string{"usually:  nil is given"}},
		{func(t testing.TB) { c.Run(t, func() { panic("not begun") }) }, []string{"still the stub's"}},
		{func(t testing.TB) { c.Run(t, func() { select {} }) }, []string{"still waiting after 800ms", "usually:  nobody speaks"}},
		{func(t testing.TB) {
			c.Run(t, func() {
				for !stop.Load() {
				}
			})
		}, []string{"your code spins: after 800ms it is still at work"}},
		{func(t testing.TB) {
			c.Run(t, func() {
				for {
					ln.Accept()
				}
			})
		}, []string{"your code spins: it calls Accept again and again, 20000 times"}},
		{func(t testing.TB) {
			c.Run(t, func() {
				for {
					line.Read(make([]byte, 1))
				}
			})
		}, []string{"your code spins: it calls Read again and again, 20000 times"}},
	} {
		got := failure(tt.fails)
		require.Equal(t, tt.says == nil, got == "", got)
		for _, words := range tt.says {
			require.Contains(t, got, words)
		}
	}
	require.NotContains(t, failure(func(t testing.TB) { c.Run(t, func() { panic("boo") }) }), "usually")
	require.False(t, idle(), "one of them still spins")
}

func TestBubbleHasAClockOfItsOwn(t *testing.T) {
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

// What finds out whether an exercise is begun is no part of the test.
func TestAProbeIsNotDrawn(t *testing.T) {
	t.Cleanup(func() { exercise.probes, exercise.once = nil, sync.Once{} })
	exercise.probes = []func(){func() { (&Line{In: strings.NewReader("")}).Read(make([]byte, 1)) }}
	t.Run("exercise", func(t *testing.T) {
		Begun(t)
		require.Empty(t, running().picture(true))
	})
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
