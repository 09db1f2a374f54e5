package lines_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"example.com/dialtone/04-sticky-packets/exercises/lines"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { lines.ReadLine(bufio.NewReader(strings.NewReader("")), 80) })

func read(t *testing.T, c grade.Case, r *bufio.Reader, max int) (line string, err error) {
	t.Helper()
	c.Run(t, func() { line, err = lines.ReadLine(r, max) })
	return line, err
}

const allowed = "max bytes are allowed, one more is not, and the newline does not count; the buffer's size has nothing to do with it"

// fits is c about a line that may not be called too long.
func fits(c grade.Case, err error) grade.Case {
	if errors.Is(err, lines.ErrTooLong) {
		return c.Usually(allowed)
	}
	return c
}

// small is the smallest buffer that a bufio.Reader has.
const small = 16

func TestReadLine(t *testing.T) {
	want := []string{"hello baby~", "", "你好，宝贝", strings.Repeat("longer than any buffer here,", 200), " spaces and \t\r", "\xff\xfe\x00", "the end"}
	text := strings.Join(want, "\n") + "\n"
	for _, size := range []int{small, 4096, 1 << 16} {
		limit := 10_000
		if size > limit {
			limit = math.MaxInt
		}
		for _, how := range []string{"all at once", "a byte at a time"} {
			var in io.Reader = strings.NewReader(text)
			if how != "all at once" {
				in = iotest.OneByteReader(in)
			}
			r := bufio.NewReaderSize(in, size)
			for i, line := range want {
				c := grade.Case{
					Did:   fmt.Sprintf("ReadLine, call %d, through a buffer of %d bytes (%s)", i+1, size, how),
					Means: "a line longer than the buffer comes in several pieces (bufio.ErrBufferFull, isPrefix), and each piece is good only until the next read",
				}
				switch {
				case strings.HasSuffix(line, "\r"):
					c = c.Usually("more than the newline was taken off")
				case strings.HasSuffix(line, "\x00"):
					c = c.Usually("a line may hold any byte but the newline: \"\\x00\" is not taken off, and what is no UTF-8 is not repaired ([]rune does that too)")
				case i == 0:
					c = c.Usually("a line ends at its newline, which is taken off; what comes next is for the next call")
				case line == "":
					c = c.Usually("an empty line is a line too; or what had been read behind the line before was lost (a new reader for each call?)")
				case len(line) <= small:
					c = c.Usually("what had been read behind the line before was lost (a new reader for each call?)")
				}
				got, err := read(t, c, r, limit)
				fits(c, err).True(t, err == nil, "no error", grade.Describe(err))
				c.Bytes(t, "the line", line, got)
			}
			c := grade.Case{Did: "ReadLine after the last line", Means: "the end between two lines is no failure: io.EOF says so"}
			_, err := read(t, c, r, 10_000)
			c.ErrorIs(t, err, io.EOF)
		}
	}
}

func TestReadLineLimit(t *testing.T) {
	for _, max := range []int{0, 1, small - 1, small, small + 1, 100, 5000} {
		for _, n := range []int{max, max + 1, 3 * (max + 1)} {
			c := grade.Case{
				Did:   fmt.Sprintf("ReadLine(r, max %d); the line's length is %d, the buffer's %d", max, n, small),
				Means: allowed,
			}
			line := strings.Repeat("x", n)
			got, err := read(t, c, bufio.NewReaderSize(strings.NewReader(line+"\n"), small), max)
			if n > max {
				c.ErrorIs(t, err, lines.ErrTooLong)
				continue
			}
			c.NoError(t, err)
			c.Bytes(t, "the line", line, got)
		}
	}
}

func TestReadLineCountsBytes(t *testing.T) {
	for _, max := range []int{6, 4} {
		c := grade.Case{
			Did:   fmt.Sprintf("ReadLine(r, max %d) of \"你好\", which are two characters and six bytes", max),
			Means: "max is in bytes, and characters were counted",
		}
		got, err := read(t, c, bufio.NewReader(strings.NewReader("你好\n")), max)
		if max == 4 {
			c.ErrorIs(t, err, lines.ErrTooLong)
			continue
		}
		fits(c, err).NoError(t, err)
		c.Bytes(t, "the line", "你好", got)
	}
}

// endless is a line without an end. Read for ever, it gives up.
type endless struct{ given int }

var errEndless = errors.New("10 MB of a line were read, and no end was seen")

func (e *endless) Read(p []byte) (int, error) {
	if e.given > 10_000_000 {
		return 0, errEndless
	}
	for i := range p {
		p[i] = 'x'
	}
	e.given += len(p)
	return len(p), nil
}

func TestReadLineOfSomebodyWhoNeverEndsIt(t *testing.T) {
	const max, size = 10_000, 4096
	c := grade.Case{
		Did:   fmt.Sprintf("ReadLine(r, max %d) of a sender who never sends a newline", max),
		Means: "the line is collected first and measured afterwards: the sender decides how much memory that takes",
	}
	in := &endless{}
	_, err := read(t, c, bufio.NewReaderSize(in, size), max)
	c.ErrorIs(t, err, lines.ErrTooLong)
	c.Usually("the line is measured too late: after each piece, ask whether it is too long already").
		True(t, in.given <= max+size, fmt.Sprintf("at most %d bytes read (max and a buffer of %d)", max+size, size), fmt.Sprintf("%d bytes read", in.given))
}

func TestReadLineTellsTheEnds(t *testing.T) {
	const max = 80
	for _, piece := range []string{"c", "cut off in the mid", strings.Repeat("x", small), "你", strings.Repeat("y", max)} {
		c := grade.Case{
			Did:   fmt.Sprintf("ReadLine, second call, of \"one\\n%s\" and then the end", piece),
			Means: "a piece of a line passes for a line, or for a clean end",
		}
		r := bufio.NewReaderSize(strings.NewReader("one\n"+piece), small)
		got, err := read(t, c, r, max)
		fits(c, err).NoError(t, err)
		c.Bytes(t, "the line", "one", got)
		got, err = read(t, c, r, max)
		fits(c, err).ErrorIs(t, err, io.ErrUnexpectedEOF)
		c.True(t, !errors.Is(err, io.EOF), "an error in which errors.Is does not find io.EOF", grade.Describe(err))
		c.True(t, got == "", "no line", fmt.Sprintf("%q", got))
	}
	c := grade.Case{Did: "ReadLine where there is nothing at all", Means: "a clean end was taken for a cut"}
	_, err := read(t, c, bufio.NewReader(strings.NewReader("")), max)
	c.ErrorIs(t, err, io.EOF)
}

func TestReadLineReportsAnError(t *testing.T) {
	const max = 80
	for before, broken := range map[string]error{"": os.ErrDeadlineExceeded, "half a li": net.ErrClosed, strings.Repeat("y", max): syscall.ECONNRESET} {
		c := grade.Case{
			Did:   fmt.Sprintf("ReadLine of %q and then an error: %v", before, broken),
			Means: "an error that is not io.EOF is neither the end of the stream nor of a line: return it, wrapped with %w",
		}
		in := io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken))
		_, err := read(t, c, bufio.NewReader(in), max)
		fits(c, err).ErrorIs(t, err, broken)
	}
}
