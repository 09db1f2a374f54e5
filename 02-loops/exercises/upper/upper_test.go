package upper_test

import (
	"errors"
	"fmt"
	"io"
	"math"
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

var _ = grade.Stub(func() { upper.Echo(&grade.Line{In: strings.NewReader("")}) })

const (
	more  = "more was answered than was heard: the whole buffer instead of buf[:n], or a line's end that nobody said"
	less  = "something was lost at the end: all bytes are answered, whether a line ends there or not, and nothing is waited for, not even the rest of a character; the end is io.EOF, not a Read of 0 bytes"
	lines = "bytes were lost, added or changed on the way: only buf[:n] is what was read, a line's end is a byte like any other, and a buffer of the package is everybody's"
	ascii = "a to z, with both ends, become A to Z, and every other byte stays as it was"
	utf8  = "bytes.ToUpper and strings.ToUpper know other alphabets, and mend what they think is broken UTF-8"
)

// answers has Echo take what in says, and wants it to end with end. What
// a difference of the answers means depends on where it is.
func answers(t *testing.T, c grade.Case, in io.Reader, want string, end error) {
	t.Helper()
	line := &grade.Line{In: in}
	err := c.Usually("the caller has hung up, and the loop did not see it: Read says io.EOF").
		Do(t, func() error { return upper.Echo(line) })
	switch {
	case end != nil:
		c.ErrorIs(t, err, end)
	case errors.Is(err, io.ErrNoProgress):
		c.Usually("a bufio.Reader gives up after a hundred Reads of nothing; the task knows no such limit").NoError(t, err)
	default:
		c.NoError(t, err)
	}
	got := line.Said()
	switch {
	case strings.HasPrefix(want, got) && end == nil:
		c = c.Usually(less)
	case strings.HasPrefix(want, got):
		c = c.Usually("all that a Read brings is answered, also beside an error: first buf[:n], then err")
	case strings.HasPrefix(got, want):
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

// Every byte there is, and text in other alphabets, however they arrive: a
// stream cuts a Chinese character in two.
func TestEchoAnswers(t *testing.T) {
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	for _, says := range []string{
		"hello", "az AZ {|}~`@[ 09", "two\nlines, the last without an end", "", string(all), "你好, wörld, ıſ, ÿ", "\xe4\xbd", "\xff\xfe",
		strings.Repeat("你好, baby. ", 400),
	} {
		want := []byte(says)
		for i, b := range want {
			if strings.IndexByte("abcdefghijklmnopqrstuvwxyz", b) >= 0 {
				want[i] = b - 32
			}
		}
		for _, manner := range grade.Manners {
			c := grade.Case{Did: fmt.Sprintf("Echo with a caller who says %s and ends its half; the %d bytes arrive %s",
				grade.Short(says), len(says), manner.Name)}
			answers(t, c, manner.Of(strings.NewReader(says)), string(want), nil)
		}
	}
}

func TestEchoWaitsOutALull(t *testing.T) {
	for _, many := range []int{1, 500} {
		c := grade.Case{Did: fmt.Sprintf(`Echo with a caller who says "hello"; Reads of 0 bytes and no error come before each byte, %d of them`, many)}
		answers(t, c, grade.Lulls(iotest.OneByteReader(strings.NewReader("hello")), many), "HELLO", nil)
	}
}

func TestEchoTakesTurns(t *testing.T) {
	c := grade.Case{
		Did:   `Echo with a caller who says "how", waits for the answer, says "are you?", waits, says 你 in two pieces, waits for each, and hangs up`,
		Means: "the answer was held back: until a newline, until a character was whole, until a buffer was full, or until the end",
	}
	grade.Turns(t, c, func(conn net.Conn) error { return upper.Echo(conn) }, 0, 0,
		[2]string{"how", "HOW"}, [2]string{"are you?", "ARE YOU?"}, [2]string{"\xe4\xbd", "\xe4\xbd"}, [2]string{"\xa0", "\xa0"})
}

func TestEchoTwoAtOnce(t *testing.T) {
	grade.TwoAtOnce(t, grade.Case{Less: less, More: more}, upper.Echo, "FIRST", "OTHER")
}

func TestEchoReportsThatItCannotAnswer(t *testing.T) { grade.CannotAnswer(t, upper.Echo) }

// The last bytes and the error that ends it may come from one Read.
func TestEchoReportsABrokenLine(t *testing.T) {
	for _, broken := range []error{syscall.ECONNRESET, io.ErrUnexpectedEOF, net.ErrClosed, os.ErrDeadlineExceeded} {
		for _, manner := range grade.Manners {
			c := grade.Case{
				Did:   fmt.Sprintf(`Echo with a caller who says "hel", and then Read fails: %v; they arrive %s`, broken, manner.Name),
				Means: "only io.EOF is the end: read on until it comes, and return any other error",
			}
			answers(t, c, manner.Of(io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken))), "HEL", broken)
		}
	}
}

// long says left bytes, and looks at its end at what Echo has kept.
type long struct {
	io.Writer
	left int
	kept uint64
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

func TestEchoCollectsNothing(t *testing.T) {
	caller := &long{Writer: io.Discard, left: 16 << 20}
	c := grade.Case{
		Did:   "Echo with a caller who says 16 MiB",
		Means: "the whole conversation is kept: one buffer, used again for every Read, is enough",
		// Byte by byte it takes a while, which is no mistake.
		Patience: 15 * time.Second,
	}
	before := inUse()
	c.NoError(t, c.Do(t, func() error { return upper.Echo(caller) }))
	c.True(t, caller.kept < before+12<<20, "little memory in use, however much was said",
		fmt.Sprintf("%d KiB more in use at the end than at the beginning", (max(caller.kept, before)-before)>>10))
}

// inUse is the memory in use: the least of five looks, for the other tests
// work meanwhile.
func inUse() uint64 {
	least := uint64(math.MaxUint64)
	for range 5 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		least = min(least, m.HeapAlloc)
	}
	return least
}
