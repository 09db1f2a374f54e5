package patience_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"example.com/dialtone/02-loops/exercises/patience"
	"example.com/dialtone/docs/grade"
)

// idle is on the clock of a bubble, where it costs no time.
const idle = time.Minute

const late = "the error of a Read or Write whose deadline has passed holds os.ErrDeadlineExceeded: return it (wrapped with %w); a closed conn gives another error"

var _ = grade.Stub(func() { patience.Converse(&grade.Line{In: strings.NewReader("")}, idle) })

// bubble runs f with both ends of a line, in a bubble of its own.
func bubble(t *testing.T, c grade.Case, f func(t *testing.T, c grade.Case, here, there net.Conn)) {
	t.Helper()
	c.Patience = 1000 * time.Hour
	grade.Bubble(t, c, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		f(t, c, here, there)
	})
}

// say says s without waiting until all of it is heard: the answer may come
// in smaller pieces, and somebody has to take them.
func say(here net.Conn, s string) { go io.WriteString(here, s) }

// hear is what here reads, n bytes at most.
func hear(here net.Conn, n int) string {
	buf := make([]byte, n)
	n, _ = io.ReadFull(here, buf)
	return string(buf[:n])
}

func leftOpen(t *testing.T, c grade.Case, line *grade.Line) {
	t.Helper()
	c.Usually("the connection is its owner's to close").True(t, !line.Closed(), "conn left open", "conn closed")
}

func TestConverseAnswers(t *testing.T) {
	says := strings.Repeat("hello 你好\x00\xff ", 1000)
	for _, in := range []io.Reader{
		strings.NewReader(says), iotest.OneByteReader(strings.NewReader(says)), iotest.DataErrReader(strings.NewReader(says)),
	} {
		line := &grade.Line{In: in}
		c := grade.Case{
			Did:   fmt.Sprintf("Converse(conn, %v) with a caller who says %d bytes and ends its half", idle, len(says)),
			Means: "something was lost or changed: all of buf[:n] is answered, before the error that came with it is looked at, and the buffer is this conversation's own",
		}
		c.NoError(t, c.Do(t, func() error { return converse(line) }))
		c.Bytes(t, "the answer", says, line.Said())
		leftOpen(t, c, line)
	}
}

const renewed = "a deadline is a point in time, and stays where it was put: set a new one, idle from now, before each Read and each Write"

const noLimit = "a Read or a Write waits without a deadline, or is tried again when its deadline has passed"

// timesOut wants Converse to end, and not before idle has passed since the
// caller has done what it does.
func timesOut(t *testing.T, idle time.Duration, did, means string, does func(c grade.Case, here net.Conn)) {
	t.Helper()
	did = fmt.Sprintf("Converse(conn, %v) with a caller who %s", idle, did)
	bubble(t, grade.Case{Did: did, Means: renewed, Waits: noLimit}, func(t *testing.T, c grade.Case, here, there net.Conn) {
		var err error
		call := c.Start(t, func() { err = patience.Converse(there, idle) })
		does(c, here)
		begin := time.Now()
		call.WaitFor(t, max(3*idle, time.Second))
		took := time.Since(begin)
		c.Usually(means).True(t, idle <= took && took < 2*idle, fmt.Sprintf("its end after %v", idle), fmt.Sprintf("its end after %v", took))
		c.Usually(late).ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

func TestConverseEndsAfterSilence(t *testing.T) {
	for _, idle := range []time.Duration{idle, time.Nanosecond} {
		timesOut(t, idle, "says nothing, for ever", renewed, func(grade.Case, net.Conn) {})
	}
	did := fmt.Sprintf(`is silent for %v, says "hello", hears it, and says nothing more, for ever`, idle/2)
	timesOut(t, idle, did, renewed, func(c grade.Case, here net.Conn) {
		time.Sleep(idle / 2)
		say(here, "hello")
		c.Bytes(t, "the answer", "hello", hear(here, 5))
	})
}

// talk is a conversation of some turns with a caller who waits before it
// speaks, and again before it listens.
func talk(t *testing.T, limit time.Duration, with, means string, turns int, says string, before, between time.Duration) {
	t.Helper()
	c := grade.Case{Did: fmt.Sprintf("Converse(conn, %v) with a caller who %s", limit, with), Means: means}
	bubble(t, c, func(t *testing.T, c grade.Case, here, there net.Conn) {
		var err error
		call := c.Start(t, func() { err = patience.Converse(there, limit) })
		for i := range turns {
			time.Sleep(before)
			here.SetDeadline(time.Now().Add(2 * idle))
			say(here, says)
			time.Sleep(between)
			if got := hear(here, len(says)); got != says {
				here.Close()
				call.Wait(t)
				c.Fail(t, "an answer each time", fmt.Sprintf("answer %d was %q; Converse ended with %s", i+1, got, grade.Describe(err)))
			}
		}
		// Converse comes back to its Read first: net.Pipe lets nobody set a
		// deadline when the other end is closed.
		synctest.Wait()
		here.Close()
		call.Wait(t)
		c.NoError(t, err)
	})
}

func TestConverseWaitsForSlowTalkers(t *testing.T) {
	talk(t, idle, fmt.Sprintf("says a byte, and hears it, every %v, a hundred times", idle*3/4), renewed, 100, "x", idle*3/4, 0)
}

// Each wait is less than idle, both together are more.
func TestConverseWaitsForSlowListeners(t *testing.T) {
	talk(t, idle, fmt.Sprintf("speaks after %v, and listens to the answer another %v later, ten times", idle*3/4, idle*3/4), renewed, 10, "hello", idle*3/4, idle*3/4)
}

func TestConverseWithoutLimit(t *testing.T) {
	for _, none := range []time.Duration{0, -time.Second} {
		talk(t, none, "says nothing for a week, then hello", "a deadline of now, or earlier, ends every Read at once: with no limit, set none", 1, "hello", 7*24*time.Hour, 0)
	}
}

func TestConverseEndsWhereNobodyListens(t *testing.T) {
	for _, takes := range []struct {
		n          int
		did, means string
	}{
		{0, "never takes the answer", renewed},
		{2, "takes 2 bytes of the answer at once and no more", "a Write that returns an error is not tried again, even if a part was taken, and its deadline is idle after it began"},
	} {
		timesOut(t, idle, fmt.Sprintf("is silent for %v, says hello, and %s", idle/2, takes.did), takes.means, func(_ grade.Case, here net.Conn) {
			time.Sleep(idle / 2)
			say(here, "hello")
			hear(here, takes.n)
		})
	}
}

func TestConverseReportsABrokenLine(t *testing.T) {
	for _, broken := range []error{syscall.ECONNRESET, io.ErrUnexpectedEOF, net.ErrClosed} {
		line := &grade.Line{In: io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken))}
		c := grade.Case{
			Did:   fmt.Sprintf(`Converse with a caller who says "hel", and then Read fails: %v`, broken),
			Means: "only io.EOF is the end: read on until it comes, and return any other error",
		}
		err := c.Do(t, func() error { return converse(line) })
		leftOpen(t, c, line)
		c.ErrorIs(t, err, broken)
		c.Usually("what has been heard is answered first, as it was: buf[:n]").
			Bytes(t, "the answer to what was heard before", "hel", line.Said())
	}
}

// converse is Converse with the usual limit.
func converse(conn io.ReadWriter) error { return patience.Converse(conn.(net.Conn), idle) }

func TestConverseReportsThatItCannotAnswer(t *testing.T) { grade.CannotAnswer(t, converse) }

func TestConverseTwoAtOnce(t *testing.T) {
	grade.TwoAtOnce(t, grade.Case{}, converse, "first", "other")
}

// deadless is a line on which a deadline cannot be set from the nth time
// on.
type deadless struct {
	grade.Line
	nth, sets, after int
}

func (l *deadless) SetDeadline(time.Time) error {
	if l.sets++; l.sets >= l.nth {
		return syscall.EINVAL
	}
	return nil
}

func (l *deadless) SetReadDeadline(d time.Time) error  { return l.SetDeadline(d) }
func (l *deadless) SetWriteDeadline(d time.Time) error { return l.SetDeadline(d) }

func (l *deadless) Read(p []byte) (int, error)  { l.waits(); return l.Line.Read(p) }
func (l *deadless) Write(p []byte) (int, error) { l.waits(); return l.Line.Write(p) }

func (l *deadless) waits() {
	if l.sets >= l.nth {
		l.after++
	}
}

func TestConverseReportsThatItCannotSetADeadline(t *testing.T) {
	for nth := 1; nth <= 2; nth++ {
		line := &deadless{Line: grade.Line{In: strings.NewReader("hello")}, nth: nth}
		c := grade.Case{
			Did:   fmt.Sprintf("Converse with a conn on which a deadline cannot be set (SetDeadline returns an error) from time %d on", nth),
			Means: "a new deadline is set before each Read and each Write, and the error of setting it is returned: without one nothing limits the wait",
		}
		err := c.Do(t, func() error { return converse(line) })
		c.ErrorIs(t, err, syscall.EINVAL)
		c.True(t, line.after == 0, "no Read and no Write without a deadline", fmt.Sprintf("%d of them", line.after))
	}
}
