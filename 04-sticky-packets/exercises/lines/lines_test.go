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

func read(t *testing.T, c grade.Case, r *bufio.Reader, max int) (string, error) {
	t.Helper()
	return grade.Get(t, c, func() (string, error) { return lines.ReadLine(r, max) })
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
	const lost = "what had been read behind the line before was lost (a new reader for each call?)"
	want := []struct{ line, means string }{
		{"hello baby~", "a line ends at its newline, which is taken off; what comes next is for the next call"},
		{"", "an empty line is a line too; or " + lost},
		{"你好，宝贝", lost + "; or string(b) made a character of each byte"},
		{strings.Repeat("longer than any buffer here,", 200), "a line longer than the buffer comes in several pieces (bufio.ErrBufferFull, isPrefix), and each piece is good only until the next read"},
		{" spaces and \t\r", "more than the newline was taken off"},
		{"\xff\xfe\x00", `a line may hold any byte but the newline: "\x00" is not taken off, and what is no UTF-8 is not repaired ([]rune does that too)`},
		{"the end", lost},
	}
	text := ""
	for _, w := range want {
		text += w.line + "\n"
	}
	for _, b := range []struct{ size, limit int }{{small, 10_000}, {4096, 10_000}, {1 << 16, math.MaxInt}} {
		for _, manner := range grade.Manners[:2] {
			r := bufio.NewReaderSize(manner.Of(strings.NewReader(text)), b.size)
			for i, w := range want {
				c := grade.Case{Did: fmt.Sprintf("ReadLine, call %d, through a buffer of %d bytes (%s)", i+1, b.size, manner.Name), Means: w.means}
				got, err := read(t, c, r, b.limit)
				fits(c, err).True(t, err == nil, "no error", grade.Describe(err))
				c.Bytes(t, "the line", w.line, got)
			}
			c := grade.Case{Did: "ReadLine after the last line", Means: "the end between two lines is no failure: io.EOF says so"}
			_, err := read(t, c, r, 10_000)
			c.ErrorIs(t, err, io.EOF)
		}
	}
}

func TestReadLineLimit(t *testing.T) {
	takes := func(line string, max int, means string) {
		c := grade.Case{
			Did:   fmt.Sprintf("ReadLine(r, max %d) of %s; the line's length is %d, the buffer's %d", max, grade.Short(line), len(line), small),
			Means: means,
		}
		got, err := read(t, c, bufio.NewReaderSize(strings.NewReader(line+"\n"), small), max)
		if len(line) > max {
			c.ErrorIs(t, err, lines.ErrTooLong)
			return
		}
		fits(c, err).NoError(t, err)
		c.Bytes(t, "the line", line, got)
	}
	for _, max := range []int{0, 1, small - 1, small, small + 1, 100, 5000} {
		for _, n := range []int{max, max + 1, 3 * (max + 1)} {
			takes(strings.Repeat("x", n), max, allowed)
		}
	}
	for _, max := range []int{6, 4} {
		takes("你好", max, "max is in bytes, and characters were counted")
	}
}

func TestReadLineOfSomebodyWhoNeverEndsIt(t *testing.T) {
	const max, size = 10_000, 4096
	c := grade.Case{
		Did:   fmt.Sprintf("ReadLine(r, max %d) of a sender who never sends a newline", max),
		Means: "the line is collected first and measured afterwards: the sender decides how much memory that takes",
	}
	in := strings.NewReader(strings.Repeat("x", 10_000_000))
	endless := io.MultiReader(in, iotest.ErrReader(errors.New("10 MB of a line were read, and no end was seen")))
	_, err := read(t, c, bufio.NewReaderSize(endless, size), max)
	given := int(in.Size()) - in.Len()
	c.ErrorIs(t, err, lines.ErrTooLong)
	c.Usually("the line is measured too late: after each piece, ask whether it is too long already").
		True(t, given <= max+size, fmt.Sprintf("at most %d bytes read (max and a buffer of %d)", max+size, size), fmt.Sprintf("%d bytes read", given))
}

func TestReadLineTellsTheEnds(t *testing.T) {
	const max = 80
	for _, piece := range []string{"", "c", "cut off in the mid", strings.Repeat("x", small), "你", strings.Repeat("y", max)} {
		for _, end := range []error{io.EOF, os.ErrDeadlineExceeded, net.ErrClosed, syscall.ECONNRESET} {
			c := grade.Case{
				Did:   fmt.Sprintf("ReadLine, second call, of \"one\\n%s\" and then %v", piece, end),
				Means: "a piece of a line passes for a line, or for a clean end",
			}
			r := bufio.NewReaderSize(io.MultiReader(strings.NewReader("one\n"+piece), iotest.ErrReader(end)), small)
			got, err := read(t, c, r, max)
			fits(c, err).NoError(t, err)
			c.Bytes(t, "the line", "one", got)
			want := end
			switch {
			case end != io.EOF:
				c.Means = "an error that is not io.EOF is neither the end of the stream nor of a line: return it, wrapped with %w"
			case piece == "":
				c.Means = "a clean end was taken for a cut"
			default:
				want = io.ErrUnexpectedEOF
			}
			got, err = read(t, c, r, max)
			fits(c, err).ErrorIs(t, err, want)
			c.True(t, errors.Is(err, io.EOF) == (want == io.EOF), "io.EOF between two lines, and nowhere else", grade.Describe(err))
			c.True(t, got == "" || end != io.EOF, "no line", fmt.Sprintf("%q", got))
		}
	}
}
