package sendall_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"example.com/dialtone/01-basic/exercises/sendall"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { sendall.SendAll(io.Discard, nil) })

// phone is a writer that takes what take says of each Write. Written to
// for ever, it ends the goroutine of SendAll.
type phone struct {
	take   func(call int, p []byte) (int, error)
	calls  int
	heard  []byte
	failed bool
	after  int // writes after one has failed
}

func (w *phone) Write(p []byte) (int, error) {
	if w.failed {
		w.after++
	}
	if w.calls++; w.calls > forEver {
		runtime.Goexit()
	}
	n, err := w.take(w.calls, p)
	w.failed = w.failed || err != nil
	w.heard = append(w.heard, p[:min(max(n, 0), len(p))]...)
	return n, err
}

const forEver = 200_000

// send runs SendAll(w, p) to its end, if it has one.
func send(t *testing.T, c grade.Case, w *phone, p string) error {
	t.Helper()
	bytes := []byte(p)
	err := c.Do(t, func() error { return sendall.SendAll(w, bytes) })
	c.True(t, w.calls <= forEver, "an end to it", fmt.Sprintf("%d calls of Write, and still no end", forEver))
	c.Usually("p is its owner's: cut it (p = p[n:]), do not move its bytes").Bytes(t, "p afterwards, as it was", p, string(bytes))
	return err
}

// atMost takes up to n bytes of each Write.
func atMost(n int) func(int, []byte) (int, error) {
	return func(_ int, p []byte) (int, error) { return min(n, len(p)), nil }
}

// then takes up to 4 bytes of the first Write, gives n and err for the
// second, and takes all of any other.
func then(n int, err error) func(int, []byte) (int, error) {
	return func(call int, p []byte) (int, error) {
		switch call {
		case 1:
			return min(4, len(p)), nil
		case 2:
			if err != nil && n < impossible {
				n = min(n, len(p))
			}
			return n, err
		}
		return len(p), nil
	}
}

const impossible = 99 // a count that breaks io.Writer's contract, as the task foresees

func TestSendAllSendsAll(t *testing.T) {
	long := strings.Repeat("0123456789", 9_999)
	for _, kind := range []struct {
		did  string
		take func(int, []byte) (int, error)
	}{
		{"takes everything", atMost(1 << 30)},
		{"takes at most 4096 bytes of a Write", atMost(4096)},
		{"takes one byte of each Write", atMost(1)},
		{"takes half of each Write", func(_ int, p []byte) (int, error) { return (len(p) + 1) / 2, nil }},
		{"takes all but the last byte at first", func(_ int, p []byte) (int, error) { return max(1, len(p)-1), nil }},
	} {
		w := &phone{take: kind.take}
		c := grade.Case{
			Did:   fmt.Sprintf("SendAll(w, p) with %d bytes and a w that %s and reports no error", len(long), kind.did),
			Means: "n was not looked at, or not counted right: the next Write has to begin where the last one ended, at p[n:]",
			More:  "bytes were sent again that w had taken already: the next Write begins at p[n:]",
		}
		c.NoError(t, send(t, c, w, long))
		c.Bytes(t, "what w has taken", long, string(w.heard))
	}
	w := &phone{take: atMost(1 << 30)}
	c := grade.Case{Did: "SendAll(w, p) with an empty p", Means: "ask whether anything is left before each Write, the first one too"}
	c.NoError(t, send(t, c, w, ""))
	c.True(t, w.calls == 0, "no Write", "Write was called")
}

// Whatever the error, and however often a Write would succeed after it.
func TestSendAllReportsAnError(t *testing.T) {
	for _, bad := range []struct {
		err  error
		took []int
	}{
		{syscall.EPIPE, []int{0, 1, 6, impossible}}, {io.EOF, []int{0, 6}}, {io.ErrShortWrite, []int{3}},
		{syscall.EAGAIN, []int{0}}, {syscall.EINTR, []int{0}}, {os.ErrDeadlineExceeded, []int{0, 1}},
	} {
		for _, took := range bad.took {
			w := &phone{take: then(took, bad.err)}
			c := grade.Case{
				Did:   fmt.Sprintf("SendAll(w, 10 bytes); the first Write takes 4 at most, the second is given the rest, returns %d and fails: %v", took, bad.err),
				Means: "the error of a Write was dropped, or one kind of it taken for success",
			}
			err := send(t, c, w, "0123456789")
			c.Usually("w has not taken all yet: write the rest").True(t, w.calls > 1, "a second Write", "none")
			c.Usually("an error was asked for only when no byte was taken, or one kind of it tried again: any error ends it").
				True(t, w.after == 0, "no Write after the one that failed", fmt.Sprintf("%d more", w.after))
			c.ErrorIs(t, err, bad.err)
		}
	}
}

func TestSendAllGivesUp(t *testing.T) {
	for _, first := range []int{0, 4} {
		w := &phone{take: func(call int, p []byte) (int, error) {
			if call == 1 {
				return min(first, len(p)), nil
			}
			return 0, nil
		}}
		c := grade.Case{
			Did:   fmt.Sprintf("SendAll(w, 10 bytes) with a w that takes %d bytes, then nothing, ever, and reports no error", first),
			Means: "a count of 0 with no error is neither progress nor failure: count it, and give up",
		}
		err := send(t, c, w, "0123456789")
		if err != nil {
			c = c.Usually("it gave up, but with an error of another name than the task's")
		}
		c.ErrorIs(t, err, io.ErrNoProgress)
	}
}

func TestSendAllDistrustsTheCount(t *testing.T) {
	for _, n := range []int{-1, 11} {
		w := &phone{take: func(int, []byte) (int, error) { return n, nil }}
		c := grade.Case{
			Did:   fmt.Sprintf("SendAll(w, 10 bytes) with a w that claims to have taken %d", n),
			Means: "the count was used as it came: look at it before p[n:]",
		}
		c.True(t, send(t, c, w, "0123456789") != nil, "an error", "no error (nil)")
	}
	for _, n := range []int{-1, 7, 10} {
		c := grade.Case{
			Did:   fmt.Sprintf("SendAll(w, 10 bytes) with a w that takes 4 bytes at most, and then claims %d of the 6 or fewer that it is given", n),
			Means: "the count was compared with all of p: what counts is how much this Write was given",
		}
		c.True(t, send(t, c, &phone{take: then(n, nil)}, "0123456789") != nil, "an error", "no error (nil)")
	}
}
