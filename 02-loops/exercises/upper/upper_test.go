package upper_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"example.com/dialtone/02-loops/exercises/upper"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { upper.Converse(&grade.Line{In: strings.NewReader("")}) })

// converse runs Converse on a line, to its end.
func converse(t *testing.T, c grade.Case, line *grade.Line) error {
	t.Helper()
	return c.Usually("the caller has hung up, and the loop did not see it: Read says io.EOF").
		Do(t, func() error { return upper.Converse(line) })
}

const (
	more  = "more was answered than was heard: the whole buffer instead of buf[:n], or a line's end that nobody said"
	less  = "something was lost at the end: all bytes are answered, whether a line ends there or not"
	lines = "bytes were lost, added or changed on the way: only buf[:n] is what was read, a line's end is a byte like any other, and a buffer of the package is everybody's"
	ascii = "a to z, with both ends, become A to Z, and every other byte stays as it was"
	utf8  = "bytes.ToUpper and strings.ToUpper know other alphabets, and mend what they think is broken UTF-8"
)

const heardFirst = "all that a Read brings is answered, also beside an error: first buf[:n], then err"

// answered compares what was said. What a difference means depends on
// where it is; what c says of one that came too short goes first.
func answered(t *testing.T, c grade.Case, want, got string) {
	t.Helper()
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	switch {
	case i == len(got):
		c = c.Usually(cmp.Or(c.Less, less))
	case i == len(want):
		c = c.Usually(more)
	case strings.Contains(got, "\uFFFD") || got == strings.ToUpper(want):
		c = c.Usually(utf8)
	case strings.EqualFold(got, want):
		c = c.Usually(ascii)
	default:
		c = c.Usually(lines)
	}
	c.Bytes(t, "the answer", want, got)
}

// answers wants an answer to all that in says, and a good end.
func answers(t *testing.T, c grade.Case, in io.Reader, want string) {
	t.Helper()
	line := &grade.Line{In: in}
	c.NoError(t, converse(t, c, line))
	answered(t, c, want, line.Said())
}

func TestConverseAnswersInUpperCase(t *testing.T) {
	for _, talk := range []struct{ says, want string }{
		{"hello", "HELLO"},
		{"az AZ {|}~`@[ 09", "AZ AZ {|}~`@[ 09"},
		{"two\nlines, the last without an end", "TWO\nLINES, THE LAST WITHOUT AN END"},
		{"", ""},
	} {
		c := grade.Case{Did: fmt.Sprintf("Converse with a caller who says %q and ends its half", talk.says)}
		answers(t, c, strings.NewReader(talk.says), talk.want)
	}
}

// Every byte there is, and text in other alphabets.
func TestConverseTouchesOnlyASCII(t *testing.T) {
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	for _, says := range []string{string(all), "你好, wörld, ıſ, ÿ", "\xe4\xbd", "\xff\xfe"} {
		want := []byte(says)
		for i, b := range want {
			if strings.IndexByte("abcdefghijklmnopqrstuvwxyz", b) >= 0 {
				want[i] = b - 32
			}
		}
		c := grade.Case{
			Did:  "Converse with a caller who says " + grade.Short(says),
			Less: "not all bytes were answered: is something waited for that did not come, a line's end or the rest of a character?",
		}
		answers(t, c, strings.NewReader(says), string(want))
	}
}

// A Chinese character may be cut by the stream.
func TestConverseAnyPieces(t *testing.T) {
	says := strings.Repeat("你好, baby. ", 700)
	want := strings.ReplaceAll(says, "baby", "BABY")
	for _, manner := range grade.Manners {
		c := grade.Case{Did: fmt.Sprintf("Converse with a caller whose %d bytes arrive %s", len(says), manner.Name)}
		answers(t, c, manner.Of(strings.NewReader(says)), want)
	}
}

func TestConverseNothingIsNotTheEnd(t *testing.T) {
	for _, many := range []int{1, 500} {
		line := &grade.Line{In: grade.Lulls(iotest.OneByteReader(strings.NewReader("hello")), many)}
		c := grade.Case{
			Did:   fmt.Sprintf(`Converse with a caller who says "hello"; Reads of 0 bytes and no error come before each byte, %d of them`, many),
			Means: "a Read of nothing means nothing, however often it comes",
			Less:  "the end is io.EOF, not a Read of 0 bytes",
		}
		err := converse(t, c, line)
		if errors.Is(err, io.ErrNoProgress) {
			c = c.Usually("a bufio.Reader gives up after a hundred Reads of nothing; the task knows no such limit")
		}
		c.NoError(t, err)
		answered(t, c, "HELLO", line.Said())
	}
}

// The caller speaks again only when it has been answered. It listens while
// it speaks, for an answer may come in smaller pieces than the question.
func TestConverseTakesTurns(t *testing.T) {
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	here.SetDeadline(time.Now().Add(5 * time.Second))
	c := grade.Case{
		Did:   `Converse with a caller who says "how", waits for the answer, says "are you?", waits, and hangs up`,
		Means: "the answer was held back: until a newline, until a buffer was full, or until the end",
	}
	var err error
	call := c.Start(t, func() { err = upper.Converse(there) })
	for _, turn := range []struct{ says, want string }{{"how", "HOW"}, {"are you?", "ARE YOU?"}} {
		var answer string
		talk := c.Start(t, func() {
			go io.WriteString(here, turn.says)
			got := make([]byte, len(turn.want))
			n, _ := io.ReadFull(here, got)
			answer = string(got[:n])
		})
		if !call.Until(t, talk.Done(), fmt.Sprintf("%q for %q", turn.want, turn.says)) {
			call.Wait(t)
			c.Usually("one answer was taken for the whole conversation").
				Fail(t, "a conversation until the caller hangs up", "the end of it: "+grade.Describe(err))
		}
		c.Usually("did the answer before bring more than had been asked? only buf[:n] is what was read").
			Bytes(t, "the answer", turn.want, answer)
	}
	here.Close()
	call.Wait(t)
	c.NoError(t, err)
}

func TestConverseTwoAtOnce(t *testing.T) {
	grade.TwoAtOnce(t, grade.Case{Less: less, More: more}, upper.Converse, "FIRST", "OTHER")
}

func TestConverseReportsThatItCannotAnswer(t *testing.T) { grade.CannotAnswer(t, upper.Converse) }

// breaks wants what was heard to be answered, and the error returned.
func breaks(t *testing.T, did, less string, in io.Reader, broken error) {
	t.Helper()
	line := &grade.Line{In: in}
	c := grade.Case{Did: did, Means: "only io.EOF is the end: read on until it comes, and return any other error", Less: less}
	c.ErrorIs(t, converse(t, c, line), broken)
	answered(t, c, "HEL", line.Said())
}

func TestConverseReportsABrokenLine(t *testing.T) {
	for _, broken := range []error{syscall.ECONNRESET, io.ErrUnexpectedEOF, net.ErrClosed, os.ErrDeadlineExceeded} {
		breaks(t, fmt.Sprintf(`Converse with a caller who says "hel", and then Read fails: %v`, broken), "",
			io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken)), broken)
	}
}

// The last bytes and the error that ends it may come from one Read.
func TestConverseAnswersWhatCameWithTheError(t *testing.T) {
	breaks(t, `Converse with a caller; one Read brings "hel" together with an error`, heardFirst,
		iotest.DataErrReader(io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(syscall.ECONNRESET))), syscall.ECONNRESET)
}

// long says left bytes and keeps none of them; at its end it looks at what
// Converse has kept.
type long struct {
	left, heard int
	kept        uint64
}

func (l *long) Read(p []byte) (int, error) {
	if l.left == 0 {
		l.kept = inUse()
		return 0, io.EOF
	}
	n := min(len(p), l.left)
	l.left -= n
	return n, nil
}

func (l *long) Write(p []byte) (int, error) {
	l.heard += len(p)
	return len(p), nil
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestConverseCollectsNothing(t *testing.T) {
	const size = 8 << 20
	caller := &long{left: size}
	c := grade.Case{
		Did: "Converse with a caller who says 8 MiB",
		// Byte by byte it takes a while, which is no mistake.
		Patience: 3 * time.Second,
	}
	before := inUse()
	c.NoError(t, c.Do(t, func() error { return upper.Converse(caller) }))
	c.Usually("not all that was said was answered").
		True(t, caller.heard == size, fmt.Sprintf("%d bytes answered", size), fmt.Sprintf("%d bytes", caller.heard))
	c.Usually("the whole conversation is kept: one buffer, used again for every Read, is enough").True(t, caller.kept < before+size/2, "little memory in use, however much was said",
		fmt.Sprintf("%d KiB more in use at the end than at the beginning", (max(caller.kept, before)-before)>>10))
}
