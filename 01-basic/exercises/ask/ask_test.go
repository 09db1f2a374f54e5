package ask_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/dialtone/01-basic/exercises/ask"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { ask.Request("127.0.0.1:0", "") })

// alone is held by the test that counts what the process has open, so that
// nobody opens and closes connections beside it.
var alone sync.RWMutex

func begun(t *testing.T) {
	grade.Begun(t)
	alone.RLock()
	t.Cleanup(alone.RUnlock)
}

// answering takes one call, hears it to the end and then does say. It
// gives up after 5 s, so that a test with no caller ends.
func answering(ln *net.TCPListener, say func(*grade.TCP)) (addr string, heard <-chan string) {
	words := make(chan string, 1)
	go func() {
		tcp, err := ln.AcceptTCP()
		if err != nil {
			return
		}
		conn := grade.Seen(tcp)
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		word, err := io.ReadAll(conn)
		words <- string(word)
		if err == nil {
			say(conn)
		}
	}()
	return ln.Addr().String(), words
}

const waits = "the other side waits for the end of your word, and you wait for its answer: CloseWrite says the end"

var refused, reset = grade.Errno(syscall.ECONNREFUSED, 10061), grade.Errno(syscall.ECONNRESET, 10054)

// run calls Request and waits for its end.
func run(t *testing.T, c grade.Case, addr, word string) (string, error) {
	t.Helper()
	c.Waits = waits
	return grade.Get(t, c, func() (string, error) { return ask.Request(addr, word) })
}

// answered is about what Request returns of a call that goes well.
func answered(t *testing.T, c grade.Case, want, got string, err error) {
	t.Helper()
	c.NoError(t, err)
	c = c.Usually("the answer was taken for text and changed")
	c.Less = "not all of the answer was heard and kept: only io.EOF ends it, nothing is cut off, and CloseRead would end the half that you hear with"
	c.Bytes(t, "the answer", want, got)
}

func says(words string) func(*grade.TCP) {
	return func(conn *grade.TCP) { io.WriteString(conn, words) }
}

func TestRequestSendsAndReceives(t *testing.T) {
	begun(t)
	calls := [][2]string{{"hello", "hello baby~"}}
	for _, s := range []string{"", "100% 你好\r\n\x00 %s", "\xff\xfe baby~\n\x00\x00", "你\n",
		strings.Repeat("all work and no play ", 100_000)} {
		calls = append(calls, [2]string{s, "yes"}, [2]string{"hello", s})
	}
	for _, call := range calls {
		word, answer := call[0], call[1]
		addr, words := answering(grade.Listen(t), says(answer))
		c := grade.Case{
			Did: fmt.Sprintf("Request(addr, %s); the other side hears it to its end of file, says %s and hangs up",
				grade.Short(word), grade.Short(answer)),
			Means: "nobody was called, or the end of the word was not said: CloseWrite says it",
		}
		got, err := run(t, c, addr, word)
		heard := grade.Receive(t, c, words, "the other side is called and hears the end of the word")
		said := c.Usually("something was added to the word, or the word was taken for a format, or for text")
		said.Less = "not all of the word was said: is something trimmed off it, or cut?"
		said.Bytes(t, "the other side hears the word", word, heard)
		c.NoError(t, err)
		c.Usually("an answer comes to every word, the empty one too: read it to its end").True(t, word != "" || got != "", "an answer", "none")
		answered(t, c, answer, got, err)
	}
}

// A right answer waits through any silence; this one is there for those
// that do not.
func TestRequestWaitsThroughSilence(t *testing.T) {
	begun(t)
	const silence = 1200 * time.Millisecond
	c := grade.Case{
		Did:      fmt.Sprintf(`Request(addr, "hello"); the other side says "who ", is silent for %v, says "is there?", and hangs up`, silence),
		Means:    "the end of a Read, or a silence, was taken for the end of the answer; only io.EOF is the end",
		Patience: 3 * silence,
	}
	addr, _ := answering(grade.Listen(t), func(conn *grade.TCP) {
		says("who ")(conn)
		time.Sleep(silence)
		says("is there?")(conn)
	})
	got, err := run(t, c, addr, "hello")
	c.NoError(t, err)
	c.Bytes(t, "the answer", "who is there?", got)
}

// Where there is no IPv6, the dial fails all the same as it should.
func TestRequestDialsIPv6(t *testing.T) {
	begun(t)
	c := grade.Case{Did: `Request(addr, "hello") with an addr of IPv6, [::1]`}
	ln, listenErr := net.ListenTCP("tcp6", &net.TCPAddr{IP: net.IPv6loopback})
	addr := "[::1]:1"
	if listenErr == nil {
		defer ln.Close()
		addr, _ = answering(ln, says("yes"))
	}
	got, err := run(t, c, addr, "hello")
	if _, unfit := errors.AsType[*net.AddrError](err); unfit || listenErr == nil {
		if unfit {
			c = c.Usually(`"tcp4" calls IPv4 only; "tcp" calls whatever the address is`)
		}
		answered(t, c, "yes", got, err)
	}
}

func TestRequestReportsThatNobodyAnswers(t *testing.T) {
	begun(t)
	c := grade.Case{
		Did:   `Request(addr, "hello") where nobody listens at addr`,
		Means: "the error of the dial was dropped, or replaced by one that no longer holds it (wrap with %w)",
	}
	got, err := run(t, c, grade.Nobody(t), "hello")
	c.ErrorIs(t, err, refused)
	c.Bytes(t, "nothing heard", "", got)
}

func TestRequestReportsABrokenLine(t *testing.T) {
	begun(t)
	addr, _ := answering(grade.Listen(t), func(conn *grade.TCP) {
		says("who ")(conn)
		conn.SetLinger(0) // Close will reset: the phone is slammed down
	})
	c := grade.Case{
		Did:   `Request(addr, "hello"); the other side says "who " and resets the connection`,
		Means: "only io.EOF is the end of the answer: read on until it comes, and return any other error",
	}
	got, err := run(t, c, addr, "hello")
	c.ErrorIs(t, err, reset)
	if runtime.GOOS != "linux" {
		t.Skip("the rest needs Linux: elsewhere a reset may throw away what came before it")
	}
	c = c.Usually("what had been heard was not kept as it came")
	c.Less = "what had been heard was dropped when the error came"
	c.Bytes(t, "what was heard before the reset", "who ", got)
}

// the other side resets the connection while the word is being said. The
// word is longer than what the system buffers, so the Write must fail.
func TestRequestReportsThatItCannotSend(t *testing.T) {
	begun(t)
	c := grade.Case{
		Did:   "Request(addr, 16 MiB); the other side resets the connection when it has heard the first byte",
		Means: "the error of Write was dropped, or its cause lost (wrap with %w); a Write that fails has not said everything",
	}
	_, err := run(t, c, deaf(t, 1), strings.Repeat("hello ", 16<<20/6))
	c.True(t, err != nil, "an error", "no error (nil)")
	c.True(t, errors.Is(err, reset) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.Errno(10053)),
		"an error in which errors.Is finds the reset, or the broken pipe", grade.Describe(err))
}

// deaf resets the next calls at their first byte; any earlier, and it might
// be the dial that fails.
func deaf(t *testing.T, calls int) (addr string) {
	ln := grade.Listen(t)
	go func() {
		for range calls {
			conn, err := ln.AcceptTCP()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(5 * time.Second))
			conn.Read(make([]byte, 1))
			conn.SetLinger(0)
			conn.Close()
		}
	}()
	return ln.Addr().String()
}

// It counts what the whole process has open, so it makes many calls, and
// keeps the collector from closing what was only forgotten.
func TestRequestCloses(t *testing.T) {
	grade.Begun(t)
	if descriptors() == 0 {
		t.Skip("no /dev/fd here: cannot count open connections")
	}
	alone.Lock()
	defer alone.Unlock()
	const calls, resets = 40, 12
	c := grade.Case{
		Did: fmt.Sprintf("calls of Request, one after another: %d that are reset while it speaks, %d that are reset while it hears, %d that are answered and hung up by the other side",
			resets, resets, calls),
		Means: "the connection is never closed, or too late, or not on every way out: defer conn.Close() right after the dial has worked",

		Patience: 20 * time.Second, // 52 calls on a machine that has other work,
		Waits:    waits,
	}
	if grade.Hung() {
		c.Usually(waits).Fail(t, "an end to every call", "a call that does not end")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	others := make([]string, resets+calls)
	for i := range others {
		others[i], _ = answering(grade.Listen(t), func(conn *grade.TCP) {
			says("yes")(conn)
			if i < resets {
				conn.SetLinger(0)
			}
		})
	}
	long, nobody := strings.Repeat("hello ", 8<<20/6), deaf(t, resets)
	before := descriptors()
	c.Run(t, func() {
		for range resets {
			ask.Request(nobody, long)
		}
		for i, addr := range others {
			ask.Request(addr, strings.Repeat("hello", i%2))
		}
	})
	// On Linux the other side's own connections are gone when Request hears the
	// end; elsewhere they may go a little later. What Request leaks stays.
	const limit = resets * 2 / 3
	left := descriptors() - before
	for try := 0; runtime.GOOS != "linux" && left >= limit && try < 100; try++ {
		time.Sleep(10 * time.Millisecond)
		left = descriptors() - before
	}
	c.True(t, left < limit, "no connection left open", fmt.Sprintf("%d more descriptors are open than before", left))
}

// descriptors counts those that the process has open; 0 if nobody can tell.
func descriptors() int {
	open, _ := os.ReadDir("/dev/fd")
	return len(open)
}
