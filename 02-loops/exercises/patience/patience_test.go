package patience_test

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"example.com/dialtone/02-loops/exercises/patience"
	"example.com/dialtone/docs/grade"
)

// idle is on the clock of a bubble, where it costs no time.
const idle = time.Minute

var _ = grade.Stub(func() { patience.Echo(&grade.Line{In: strings.NewReader("")}, idle) })

// echo is Echo with the usual limit.
func echo(conn io.ReadWriter) error { return patience.Echo(conn.(net.Conn), idle) }

func TestEchoAnswers(t *testing.T) {
	says := strings.Repeat("hello 你好\x00\xff ", 400)
	for _, end := range []error{nil, net.ErrClosed, io.ErrUnexpectedEOF, syscall.ECONNRESET} {
		for _, manner := range grade.Manners {
			in := io.Reader(strings.NewReader(says))
			if end != nil {
				in = io.MultiReader(in, iotest.ErrReader(end))
			}
			line := &grade.Line{In: manner.Of(in)}
			c := grade.Case{
				Did: fmt.Sprintf("Echo(conn, %v) with a caller who says %d bytes, which arrive %s; after them comes %v",
					idle, len(says), manner.Name, cmp.Or(end, io.EOF)),
				Means: "something was lost or changed: all of buf[:n] is answered, before the error that came with it is looked at, and the buffer is this conversation's own",

				Patience: 5 * time.Second, // for an answer byte by byte
			}
			err := c.Do(t, func() error { return echo(line) })
			if end == nil {
				c.NoError(t, err)
			} else {
				c.Usually("only io.EOF is the end: read on until it comes, and return any other error").ErrorIs(t, err, end)
			}
			c.Bytes(t, "the answer", says, line.Said())
			c.Usually("the connection is its owner's to close").True(t, !line.Closed(), "conn left open", "conn closed")
		}
	}
}

const renewed = "a deadline is a point in time, and stays where it was put: set a new one, idle from now, before each Read and each Write"

func TestEchoEndsAfterSilence(t *testing.T) {
	const part = "a Write that returns an error is not tried again, even if a part was taken, and its deadline is idle after it began"
	half := fmt.Sprintf("is silent for %v, says hello, and ", idle/2)
	for _, caller := range []struct {
		does, means string
		idle        time.Duration
		hears       int // bytes of the answer; -1 if nothing is said
	}{
		{"says nothing, for ever", renewed, idle, -1},
		{"says nothing, for ever", renewed, time.Nanosecond, -1},
		{half + "hears it, and says nothing more, for ever", renewed, idle, 5},
		{half + "never takes the answer", renewed, idle, 0},
		{half + "takes 2 bytes of the answer at once and no more", part, idle, 2},
	} {
		c := grade.Case{
			Did:   fmt.Sprintf("Echo(conn, %v) with a caller who %s", caller.idle, caller.does),
			Means: renewed,
			Waits: "a Read or a Write waits without a deadline, or is tried again when its deadline has passed",
		}
		grade.Bubble(t, c, func(t *testing.T) {
			here, there := net.Pipe()
			defer here.Close()
			defer there.Close()
			var err error
			c.Patience = max(3*caller.idle, time.Second)
			call := c.Start(t, func() { err = patience.Echo(there, caller.idle) })
			if caller.hears >= 0 {
				time.Sleep(idle / 2)
				go io.WriteString(here, "hello")
				answer := make([]byte, caller.hears)
				n, _ := io.ReadFull(here, answer)
				c.Bytes(t, "the answer", "hello"[:caller.hears], string(answer[:n]))
			}
			begin := time.Now()
			call.Wait(t)
			took := time.Since(begin)
			c.Usually(caller.means).True(t, caller.idle <= took && took < 2*caller.idle,
				fmt.Sprintf("its end after %v", caller.idle), fmt.Sprintf("its end after %v", took))
			c.Usually("the error of a Read or Write whose deadline has passed holds os.ErrDeadlineExceeded: return it (wrapped with %w); a closed conn gives another error").
				ErrorIs(t, err, os.ErrDeadlineExceeded)
		})
	}
}

// For somebody who hears late each wait is less than idle, both together are more.
func TestEchoWaits(t *testing.T) {
	const slow, now = idle * 3 / 4, "a deadline of now, or earlier, ends every Read at once: with no limit, set none"
	for _, talk := range []struct {
		limit        time.Duration
		with, means  string
		turns        int
		wait, listen time.Duration
	}{
		{idle, fmt.Sprintf("says a byte, and hears it, every %v, a hundred times", slow), renewed, 100, slow, 0},
		{idle, fmt.Sprintf("speaks after %v, and listens to the answer another %v later, ten times", slow, slow), renewed, 10, slow, slow},
		{0, "says nothing for a week, then a byte", now, 1, 7 * 24 * time.Hour, 0},
		{-time.Second, "says nothing for a week, then a byte", now, 1, 7 * 24 * time.Hour, 0},
	} {
		c := grade.Case{Did: fmt.Sprintf("Echo(conn, %v) with a caller who %s", talk.limit, talk.with), Means: talk.means}
		grade.Turns(t, c, func(conn net.Conn) error { return patience.Echo(conn, talk.limit) },
			talk.wait, talk.listen, slices.Repeat([][2]string{{"x", "x"}}, talk.turns)...)
	}
}

func TestEchoReportsThatItCannotAnswer(t *testing.T) { grade.CannotAnswer(t, echo) }

func TestEchoTwoAtOnce(t *testing.T) {
	grade.TwoAtOnce(t, grade.Case{}, echo, "first", "other")
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

func TestEchoReportsThatItCannotSetADeadline(t *testing.T) {
	for nth := 1; nth <= 2; nth++ {
		line := &deadless{Line: grade.Line{In: strings.NewReader("hello")}, nth: nth}
		c := grade.Case{
			Did:   fmt.Sprintf("Echo with a conn on which a deadline cannot be set (SetDeadline returns an error) from time %d on", nth),
			Means: "a new deadline is set before each Read and each Write, and the error of setting it is returned: without one nothing limits the wait",
		}
		err := c.Do(t, func() error { return echo(line) })
		c.ErrorIs(t, err, syscall.EINVAL)
		c.True(t, line.after == 0, "no Read and no Write without a deadline", fmt.Sprintf("%d of them", line.after))
	}
}
