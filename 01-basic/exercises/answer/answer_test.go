package answer_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"example.com/dialtone/01-basic/exercises/answer"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { answer.Answer(grade.ClosedListener(), "") })

const goesOn = "Accept was called again after the first call, or the end of the caller's word (io.EOF) was not seen"

// take gives line as the only call to Answer and returns what came of it.
func take(t *testing.T, c grade.Case, line *grade.Line, reply string) (string, error) {
	t.Helper()
	ln := grade.NewListener(line)
	heard, err := grade.Get(t, c.Usually(goesOn), func() (string, error) { return answer.Answer(ln, reply) })
	c.Usually("the listener is its caller's: leave it open, whatever happens").True(t, !ln.Closed(), "ln left open", "ln closed")
	return heard, err
}

// hears wants all that in says, and a reply.
func hears(t *testing.T, c grade.Case, in io.Reader, want string) {
	t.Helper()
	c.Patience = 5 * time.Second // for an answer that reads byte by byte
	line := &grade.Line{In: in}
	heard, err := take(t, c, line, "yes")
	c.NoError(t, err)
	c.Bytes(t, "what the caller has said", want, heard)
	c.Usually("the reply is due to an empty word, too").True(t, line.Said() != "" || want != "", "a reply", "no reply")
}

func TestAnswerHearsToTheEnd(t *testing.T) {
	const word = "hello, is anybody there? 你好"
	arrives := func(word, how string, in io.Reader) {
		hears(t, grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller's word, %d bytes, arrives %s`, len(word), how),
			Means: "one Read was taken for the whole word, or the word was cut; only io.EOF is its end",
		}, in, word)
	}
	for _, manner := range grade.Manners {
		arrives(word, manner.Name, manner.Of(strings.NewReader(word)))
	}
	long := strings.Repeat(word, 34_000)
	arrives(long, "all at once", strings.NewReader(long))
	arrives("", "as nothing but its end", strings.NewReader(""))
}

func TestAnswerKeepsTheWordAsItIs(t *testing.T) {
	const word = " 你\xff\r\n\r\n\x00 \n\x00\x00"
	hears(t, grade.Case{
		Did:   fmt.Sprintf("Answer(ln, \"yes\"); the caller says %q", word),
		Means: "the word was taken for text and changed",
		Less:  "something was trimmed off the end of the word",
	}, strings.NewReader(word), word)
}

func TestAnswerWaitsOutALull(t *testing.T) {
	hears(t, grade.Case{
		Did:   `Answer(ln, "yes"); the caller says "hello", and Reads before, between and after it give 0 bytes and no error`,
		Means: "a Read of 0 bytes was taken for the end of the word; only io.EOF is that",
	}, grade.Lulls(iotest.HalfReader(strings.NewReader("hello")), 1), "hello")
}

// A Read may bring the last bytes and io.EOF at once.
func TestAnswerHearsTheLastBytes(t *testing.T) {
	hears(t, grade.Case{
		Did:   `Answer(ln, "yes"); the caller's last Read gives 5 bytes and io.EOF together`,
		Means: "the error was looked at before the bytes were used: first buf[:n], then err",
	}, iotest.DataErrReader(strings.NewReader("hello")), "hello")
}

func TestAnswerReplies(t *testing.T) {
	for _, reply := range []string{"yes", "", "50% of it\r\n\x00你", "\xff\xfe!\n\x00\x00", strings.Repeat("blah ", 50_000)} {
		line := &grade.Line{In: strings.NewReader("hello")}
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, %s); the caller says "hello" and listens`, grade.Short(reply)),
			Means: "something was added to the reply, or the reply was taken for a format, or for text",
			Less:  "not all of the reply was said: is it trimmed, cut, left in a buffer (Flush), or not written at all?",
			More:  "something was said besides the reply, or it was said twice",
		}
		heard, err := take(t, c, line, reply)
		c.NoError(t, err)
		c.Bytes(t, "the caller hears the reply", reply, line.Said())
		c.Usually("what was heard is returned whatever the reply is").Bytes(t, "what the caller has said", "hello", heard)
	}
}

func TestAnswerHearsBeforeItReplies(t *testing.T) {
	line, early, end := &grade.Line{}, "", false
	line.In = io.MultiReader(iotest.OneByteReader(strings.NewReader("hello")), grade.Spy(func() {
		if !end { // an answer may read on after its reply, to be sure that the caller has gone
			early, end = line.Said(), true
		}
	}))
	c := grade.Case{
		Did:   `Answer(ln, "yes"); the caller says "hello" byte by byte, then ends its half`,
		Means: "the reply was said before the caller had ended: read to io.EOF first",
	}
	_, err := take(t, c, line, "yes")
	c.NoError(t, err)
	c.Usually("one Read was taken for the whole word, or the word was cut; only io.EOF is its end").
		True(t, end, "the caller heard to the end: a Read that returns io.EOF", "no such Read: "+strings.Join(line.Log(), ", "))
	c.Bytes(t, "said before the caller's end of file", "", early)
}

func TestAnswerHangsUp(t *testing.T) {
	broken := errors.New("the cable is cut")
	for _, call := range []struct {
		when string
		line *grade.Line
	}{
		{"the call goes well", &grade.Line{In: strings.NewReader("hello")}},
		{"the line breaks while it hears", &grade.Line{In: iotest.ErrReader(broken)}},
		{"the line breaks while it speaks", &grade.Line{In: strings.NewReader("hello"), Take: (&once{broken}).Write}},
	} {
		c := grade.Case{
			Did:   "Answer(ln, \"yes\"), where " + call.when,
			Means: "a return was reached without Close: defer conn.Close() right after Accept has worked",
		}
		take(t, c, call.line, "yes")
		c.True(t, call.line.Closed(), "the connection closed", "the connection left open: "+strings.Join(call.line.Log(), ", "))
	}
}

// slow is a line whose Close takes its time.
type slow struct {
	*grade.Line
	once            sync.Once
	closing, closed chan struct{}
}

func (s *slow) Close() error {
	s.once.Do(func() { close(s.closing); <-s.closed })
	return s.Line.Close()
}

func TestAnswerHangsUpBeforeItReturns(t *testing.T) {
	line := &slow{Line: &grade.Line{In: strings.NewReader("hello")}, closing: make(chan struct{}), closed: make(chan struct{})}
	c := grade.Case{
		Did:   `Answer(ln, "yes") on a connection whose Close takes a while`,
		Means: "Close runs on a goroutine of its own, or not at all: defer conn.Close() waits for it",
		Waits: goesOn,
	}
	call := c.Start(t, func() { answer.Answer(grade.NewListener(line), "yes") })
	call.Until(t, line.closing, "a Close")
	call.Parked()
	early := call.Ended()
	close(line.closed)
	call.Wait(t)
	c.True(t, !early, "Close has ended when Answer returns", "Answer had returned before")
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

func TestAnswerLeavesTheListener(t *testing.T) {
	ln := grade.NewListener(&grade.Line{In: strings.NewReader("one")}, &grade.Line{In: strings.NewReader("two")})
	c := grade.Case{
		Did:   `Answer(ln, "yes") with two calls waiting`,
		Means: "Answer is for one call: the listener is its caller's, who may want the next one",
		Waits: goesOn,
	}
	say := func() (string, error) { return answer.Answer(ln, "yes") }
	first, err := grade.Get(t, c, say)
	c.NoError(t, err)
	c.Bytes(t, "the first caller's word", "one", first)
	c.True(t, !ln.Closed(), "the listener still open", "the listener closed")
	c.True(t, ln.Accepts() == 1, "one Accept", fmt.Sprintf("%d calls of Accept", ln.Accepts()))
	second, err := grade.Get(t, c, say)
	c.NoError(t, err)
	c.Bytes(t, "the second call: the second caller's word", "two", second)
}

func TestAnswerReportsThatItCannotAccept(t *testing.T) {
	c := grade.Case{
		Did:   `Answer(ln, "yes") on a closed listener`,
		Means: "the error of Accept was dropped, or replaced by one that no longer holds it (wrap with %w)",
	}
	_, err := grade.Get(t, c, func() (string, error) { return answer.Answer(grade.ClosedListener(), "yes") })
	c.ErrorIs(t, err, net.ErrClosed)
}

// An Accept that would work the second time: whether to try it is for the
// caller of Answer to say.
func TestAnswerAcceptsOnce(t *testing.T) {
	for _, bad := range []error{syscall.EMFILE, os.ErrDeadlineExceeded} {
		ln := grade.NewListener()
		ln.Break(bad)
		ln.Ring(&grade.Line{In: strings.NewReader("hello")})
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); Accept fails (%v), and a call comes after that`, bad),
			Means: "Accept was tried again, and its error dropped: the next try is for the caller of Answer",
		}
		_, err := grade.Get(t, c, func() (string, error) { return answer.Answer(ln, "yes") })
		c.ErrorIs(t, err, bad)
		c.True(t, ln.Accepts() == 1, "one Accept", fmt.Sprintf("%d calls of Accept", ln.Accepts()))
		c.Usually("the listener is its caller's: leave it open, whatever happens").True(t, !ln.Closed(), "ln left open", "ln closed")
	}
}

// breaks are the ways in which a line breaks; none is an end of the call.
var breaks = []error{syscall.ECONNRESET, os.ErrDeadlineExceeded, io.ErrUnexpectedEOF, net.ErrClosed, io.ErrClosedPipe, syscall.EPIPE}

func TestAnswerReportsABrokenLine(t *testing.T) {
	for _, brk := range breaks {
		for _, how := range []struct {
			words string
			wrap  func(io.Reader) io.Reader
		}{
			{"a Read that brings no bytes", func(r io.Reader) io.Reader { return r }},
			{`the same Read as "hel"`, iotest.DataErrReader},
		} {
			line := &grade.Line{In: how.wrap(io.MultiReader(strings.NewReader("hel"), &once{brk}, strings.NewReader("lo")))}
			c := grade.Case{
				Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller says "hel", and then the line breaks: %v, with %s`, brk, how.words),
				Means: "only io.EOF is the end of the word: read on until it comes, return any other error, and try nothing again",
			}
			heard, err := take(t, c, line, "yes")
			c.ErrorIs(t, err, brk)
			c.Usually("what had been heard was dropped when the error came: a Read may bring bytes and an error at once").
				Bytes(t, "what was heard before the line broke", "hel", heard)
			c.Usually("the reply was said although the word had not ended").
				Bytes(t, "nothing said", "", line.Said())
		}
	}
}

func TestAnswerReportsThatItCannotReply(t *testing.T) {
	for _, brk := range breaks {
		line := &grade.Line{In: strings.NewReader("hello"), Take: (&once{brk}).Write}
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller says "hello", and the Write of the reply fails: %v`, brk),
			Means: "the error of Write was dropped, or the Write tried again: nothing is",
		}
		heard, err := take(t, c, line, "yes")
		c.ErrorIs(t, err, brk)
		c.Usually("what had been heard was dropped when the error of Write came: return both").
			Bytes(t, "what the caller had said", "hello", heard)
	}
}
