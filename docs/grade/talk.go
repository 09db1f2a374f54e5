package grade

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
)

// What some exercises have in common: upper and patience answer a caller until
// it hangs up, serve and stop accept any number of them.

// TwoAtOnce has a second conversation take place while the first is about
// to answer; first and other are what is to be answered to words that are
// the same but for the case of their letters.
func TwoAtOnce(t testing.TB, c Case, converse func(io.ReadWriter) error, first, other string) {
	t.Helper()
	c.Did = `Converse with a caller who says "first"; before this answer is taken, another Converse hears "other" from a caller of its own, and answers`
	c.Means = "both conversations use one buffer: each needs its own, made inside Converse"
	c.Waits = "one conversation waits for the other to end: do they share something that is locked?"
	second := &Line{In: strings.NewReader("other")}
	var secondErr error
	line := &Line{In: strings.NewReader("first"), Take: func(p []byte) (int, error) {
		secondErr = converse(second)
		return len(p), nil
	}}
	c.NoError(t, c.Do(t, func() error { return converse(line) }))
	c.NoError(t, secondErr)
	c.Bytes(t, "the answer to the first", first, line.Said())
	c.Bytes(t, "the answer to the other", other, second.Said())
}

// CannotAnswer has callers that have left when the answer comes.
func CannotAnswer(t testing.TB, converse func(io.ReadWriter) error) {
	t.Helper()
	for _, caller := range []struct {
		how string
		in  io.Reader
		err error
	}{
		{"byte by byte", iotest.OneByteReader(strings.NewReader("hello")), syscall.EPIPE},
		{"together with the end (io.EOF)", iotest.DataErrReader(strings.NewReader("hello")), io.ErrClosedPipe},
	} {
		writes := 0
		line := &Line{In: caller.in, Take: func([]byte) (int, error) { writes++; return 0, caller.err }}
		c := Case{
			Did:   fmt.Sprintf(`Converse with a caller who says "hello", %s, and has left when the answer comes`, caller.how),
			Means: "the error of Write was dropped: nobody hears the answer, and nobody is told",
		}
		err := c.Do(t, func() error { return converse(line) })
		c.Usually("all that a Read brings is answered, also beside an error: first buf[:n], then err").True(t, writes > 0, "an answer", "no Write")
		c.ErrorIs(t, err, caller.err)
		c.True(t, writes == 1, "no Write after one that failed", fmt.Sprintf("%d of them", writes-1))
	}
}

// HandlesTheLast has a call come right before the end: its goroutine may not
// have begun when Serve begins to wait. An answer that counts it only there
// misses it nearly every time; a hundred times leave it no luck.
func HandlesTheLast(t testing.TB, c Case, serve func(net.Listener, func(net.Conn)) error) {
	t.Helper()
	c.Did = "Serve with one caller, and ln closed as soon as it is answered"
	for range 100 {
		ln := NewListener(&Line{In: strings.NewReader("hello")})
		ln.Break(net.ErrClosed)
		var left atomic.Bool
		last := false
		err := c.Do(t, func() error {
			defer func() { last = left.Load() }()
			return serve(ln, func(net.Conn) { left.Store(true) })
		})
		c.NoError(t, err)
		c.Usually("Serve waits for the goroutines that it has started (sync.WaitGroup), and counts each before it runs: wg.Add comes before go (wg.Go does both)").
			True(t, last, "the handler's end, then Serve's", "the end of Serve, and the handler had not ended")
	}
}
