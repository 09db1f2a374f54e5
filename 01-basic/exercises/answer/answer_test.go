package answer_test

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"example.com/dialtone/01-basic/exercises/answer"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { answer.Answer(grade.ClosedListener(), "") })

const (
	goesOn = "Accept was called again after the first call, or the end of the caller's word (io.EOF) was not seen"
	keeps  = "the listener is its caller's: leave it open, whatever happens"
)

// takes has Answer take the call of line, with another one behind it: what it
// returns, what the caller hears, and what Answer leaves behind.
func takes(t *testing.T, c grade.Case, line *grade.Line, reply, heard, said string, want error) {
	t.Helper()
	c.Patience = 5*time.Second + time.Duration(len(heard))*10*time.Microsecond // for an answer that reads byte by byte
	more := cmp.Or(c.More, "something was said besides the reply, or it was said twice, or although the word had not ended")
	ln := grade.NewListener(line, &grade.Line{In: strings.NewReader("next")})
	got, err := grade.Get(t, c.Usually(goesOn), func() (string, error) { return answer.Answer(ln, reply) })
	if want == nil {
		c.NoError(t, err)
	} else {
		c.ErrorIs(t, err, want)
		c = c.Usually("what had been heard was dropped when the error came: a Read may bring bytes and an error at once")
	}
	c.Bytes(t, "what the caller has said", heard, got)
	c = c.Usually("something was added to the reply, or the reply was taken for a format, or for text")
	c.Less = "not all of the reply was said: is it trimmed, cut, left in a buffer (Flush), or not written at all? It is due to an empty word, too"
	c.More = more
	c.Bytes(t, "the caller hears the reply", said, line.Said())
	c.Usually("a return was reached without Close: defer conn.Close() right after Accept has worked").
		True(t, line.Closed(), "the connection closed", "the connection left open: "+strings.Join(line.Log(), ", "))
	c.Usually("Answer is for one call: the next one is for the listener's owner to take").
		True(t, ln.Accepts() == 1, "one Accept", fmt.Sprintf("%d calls of Accept", ln.Accepts()))
	c.Usually(keeps).True(t, !ln.Closed(), "ln left open", "the listener closed")
}

func TestAnswerReceives(t *testing.T) {
	const (
		word    = "hello, is anybody there? 你好"
		oneRead = "one Read was taken for the whole word, or the word was cut; only io.EOF is its end"
	)
	asItIs := func(r io.Reader) io.Reader { return r }
	for _, row := range []struct {
		word, arrives string
		of            func(io.Reader) io.Reader
		means         string
	}{
		{word, "all at once", asItIs, oneRead},
		{word, "byte by byte", iotest.OneByteReader, oneRead},
		{word, "in halves", iotest.HalfReader, oneRead},
		{strings.Repeat(word, 34_000), "all at once", asItIs, oneRead},
		{"", "as nothing but its end", asItIs, oneRead},
		{word, "with its last bytes and io.EOF in one Read", iotest.DataErrReader,
			"the error was looked at before the bytes were used: first buf[:n], then err"},
		{word, "with Reads before, between and after it that give 0 bytes and no error", func(r io.Reader) io.Reader {
			return grade.Lulls(iotest.HalfReader(r), 1)
		}, "a Read of 0 bytes was taken for the end of the word; only io.EOF is that"},
		{" 你\xff\r\n\r\n\x00 \n\x00\x00", "all at once", asItIs,
			"the word was taken for text and changed, or something was trimmed off the end of the word"},
	} {
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller's word, %s, %d bytes, arrives %s`, grade.Short(row.word), len(row.word), row.arrives),
			Means: row.means,
		}
		takes(t, c, &grade.Line{In: row.of(strings.NewReader(row.word))}, "yes", row.word, "yes", nil)
	}
}

func TestAnswerReplies(t *testing.T) {
	for _, reply := range []string{"yes", "", "50% of it\r\n\x00你", "\xff\xfe!\n\x00\x00", strings.Repeat("blah ", 50_000)} {
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, %s); the caller says "hello" and listens`, grade.Short(reply)),
			Means: "what was heard is returned whatever the reply is",
		}
		takes(t, c, &grade.Line{In: strings.NewReader("hello")}, reply, "hello", reply, nil)
	}
}

func TestAnswerReadsBeforeItReplies(t *testing.T) {
	line, early, end := &grade.Line{}, "", false
	line.In = io.MultiReader(iotest.OneByteReader(strings.NewReader("hello")), grade.Spy(func() {
		if !end { // an answer may read on after its reply, to be sure that the caller has gone
			early, end = line.Said(), true
		}
	}))
	c := grade.Case{
		Did:  `Answer(ln, "yes"); the caller says "hello" byte by byte, then ends its half`,
		More: "the reply was said before the caller had ended: read to io.EOF first",
	}
	takes(t, c, line, "yes", "hello", "yes", nil)
	c.Bytes(t, "said before the caller's end of file", "", early)
}

func TestAnswerClosesBeforeItReturns(t *testing.T) {
	c := grade.Case{
		Did:   `Answer(ln, "yes") on a connection whose Close takes a while`,
		Means: "Close runs on a goroutine of its own, or not at all: defer conn.Close() waits for it",
		Waits: goesOn,
	}
	for range 100 {
		line, closed := &grade.Line{In: strings.NewReader("hello")}, false
		c.Run(t, func() {
			answer.Answer(grade.NewListener(grade.Slow{Line: line}), "yes")
			closed = line.Closed()
		})
		c.True(t, closed, "Close has ended when Answer returns", "Answer had returned before")
	}
}

// The next Accept would work: whether to try it is for the caller of Answer
// to say.
func TestAnswerReportsThatItCannotAccept(t *testing.T) {
	for _, bad := range []error{net.ErrClosed, syscall.EMFILE, os.ErrDeadlineExceeded} {
		ln := grade.NewListener()
		ln.Break(bad)
		ln.Ring(&grade.Line{In: strings.NewReader("hello")})
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); Accept fails (%v), and a call comes after that`, bad),
			Means: "the error of Accept was dropped, replaced by one that no longer holds it (wrap with %w), or Accept was tried again",
		}
		_, err := grade.Get(t, c, func() (string, error) { return answer.Answer(ln, "yes") })
		c.ErrorIs(t, err, bad)
		c.True(t, ln.Accepts() == 1, "one Accept", fmt.Sprintf("%d calls of Accept", ln.Accepts()))
		c.Usually(keeps).True(t, !ln.Closed(), "ln left open", "ln closed")
	}
}

// once is a line that breaks, and would work if it were tried again.
type once struct{ err error }

func (o *once) Read([]byte) (int, error) { return 0, cmp.Or(o.breaks(), io.EOF) }

func (o *once) Write(p []byte) (int, error) {
	if err := o.breaks(); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (o *once) breaks() (err error) {
	err, o.err = o.err, nil
	return err
}

func TestAnswerReportsABrokenLine(t *testing.T) {
	for _, brk := range []error{syscall.ECONNRESET, os.ErrDeadlineExceeded, io.ErrUnexpectedEOF,
		net.ErrClosed, io.ErrClosedPipe, syscall.EPIPE} {
		hel := func() io.Reader { return io.MultiReader(strings.NewReader("hel"), &once{brk}, strings.NewReader("lo")) }
		reading := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller says "hel", and then the line breaks: %v, with a Read that brings no bytes`, brk),
			Means: "only io.EOF is the end of the word: read on until it comes, return any other error, and try nothing again",
		}
		takes(t, reading, &grade.Line{In: hel()}, "yes", "hel", "", brk)
		reading.Did = fmt.Sprintf(`the same, with %v from the Read that brings "hel"`, brk)
		takes(t, reading, &grade.Line{In: iotest.DataErrReader(hel())}, "yes", "hel", "", brk)
		writing := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller says "hello", and the Write of the reply fails: %v`, brk),
			Means: "the error of Write was dropped, or the Write tried again: nothing is",
		}
		takes(t, writing, &grade.Line{In: strings.NewReader("hello"), Take: (&once{brk}).Write}, "yes", "hello", "", brk)
	}
}
