package answer_test

import (
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
func take(t *testing.T, c grade.Case, line *grade.Line, reply string) (heard string, err error) {
	t.Helper()
	ln := grade.NewListener(line)
	c.Usually(goesOn).Run(t, func() { heard, err = answer.Answer(ln, reply) })
	c.Usually("the listener is its caller's: leave it open, whatever happens").True(t, !ln.Closed(), "ln left open", "ln closed")
	return heard, err
}

func TestAnswerHearsToTheEnd(t *testing.T) {
	const word = "hello, is anybody there? 你好"
	long := strings.Repeat(word, 34_000)
	for _, say := range []struct {
		how, want string
		in        io.Reader
	}{
		{"all at once", word, strings.NewReader(word)},
		{"byte by byte", word, iotest.OneByteReader(strings.NewReader(word))},
		{"in halves", word, iotest.HalfReader(strings.NewReader(word))},
		{"in 1 MB", long, strings.NewReader(long)},
		{"as nothing but its end", "", strings.NewReader("")},
	} {
		c := grade.Case{
			Did:   fmt.Sprintf("Answer(ln, \"yes\"); the caller's word arrives %s", say.how),
			Means: "one Read was taken for the whole word, or the word was cut; only io.EOF is its end",

			Patience: 5 * time.Second, // for an answer that reads byte by byte
		}
		line := &grade.Line{In: say.in}
		heard, err := take(t, c, line, "yes")
		c.NoError(t, err)
		c.Bytes(t, "what the caller has said", say.want, heard)
		c.Usually("the reply is due to an empty word, too").True(t, line.Said() != "" || say.want != "", "a reply", "no reply")
	}
}

func TestAnswerKeepsTheWordAsItIs(t *testing.T) {
	const word = " 你\xff\r\n\r\n\x00 \n\x00\x00"
	c := grade.Case{
		Did:   fmt.Sprintf("Answer(ln, \"yes\"); the caller says %q", word),
		Means: "the word was taken for text and changed",
		Less:  "something was trimmed off the end of the word",
	}
	heard, err := take(t, c, &grade.Line{In: strings.NewReader(word)}, "yes")
	c.NoError(t, err)
	c.Bytes(t, "what the caller has said", word, heard)
}

// lull brings nothing, and no error, before every Read that brings some.
type lull struct {
	io.Reader
	rests bool
}

func (l *lull) Read(p []byte) (int, error) {
	if l.rests = !l.rests; l.rests {
		return 0, nil
	}
	return l.Reader.Read(p)
}

func TestAnswerWaitsOutALull(t *testing.T) {
	c := grade.Case{
		Did:   `Answer(ln, "yes"); the caller says "hello", and Reads before, between and after it give 0 bytes and no error`,
		Means: "a Read of 0 bytes was taken for the end of the word; only io.EOF is that",
	}
	heard, err := take(t, c, &grade.Line{In: &lull{Reader: iotest.HalfReader(strings.NewReader("hello"))}}, "yes")
	c.NoError(t, err)
	c.Bytes(t, "what the caller has said", "hello", heard)
}

// A Read may bring the last bytes and io.EOF at once.
func TestAnswerHearsTheLastBytes(t *testing.T) {
	c := grade.Case{
		Did:   `Answer(ln, "yes"); the caller's last Read gives 5 bytes and io.EOF together`,
		Means: "the error was looked at before the bytes were used: first buf[:n], then err",
	}
	heard, err := take(t, c, &grade.Line{In: iotest.DataErrReader(strings.NewReader("hello"))}, "yes")
	c.NoError(t, err)
	c.Bytes(t, "what the caller has said", "hello", heard)
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

// watched notes what had been said when the end of the word was read for
// the first time: an answer may read on after its reply, to be sure that
// the caller has gone.
type watched struct {
	io.Reader
	line *grade.Line
	said *string
	end  *bool
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err == io.EOF && !*w.end {
		*w.said, *w.end = w.line.Said(), true
	}
	return n, err
}

func TestAnswerHearsBeforeItReplies(t *testing.T) {
	line, early, end := &grade.Line{}, "", false
	line.In = watched{iotest.OneByteReader(strings.NewReader("hello")), line, &early, &end}
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
		when, line := call.when, call.line
		c := grade.Case{
			Did:   fmt.Sprintf("Answer(ln, \"yes\"), where %s", when),
			Means: "a return was reached without Close: defer conn.Close() right after Accept has worked",
		}
		take(t, c, line, "yes")
		c.True(t, line.Closed(), "the connection closed", "the connection left open: "+strings.Join(line.Log(), ", "))
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
	early := false
	select {
	case <-call.Done():
		early = true
	default:
	}
	close(line.closed)
	call.Wait(t)
	c.True(t, !early, "Close has ended when Answer returns", "Answer had returned before")
}

// once is a line that breaks, and would work if it were tried again.
type once struct{ err error }

func (o *once) Read([]byte) (int, error) {
	if o.err == nil {
		return 0, io.EOF
	}
	return o.Write(nil)
}

func (o *once) Write(p []byte) (int, error) {
	err := o.err
	o.err = nil
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func TestAnswerLeavesTheListener(t *testing.T) {
	ln := grade.NewListener(&grade.Line{In: strings.NewReader("one")}, &grade.Line{In: strings.NewReader("two")})
	c := grade.Case{
		Did:   `Answer(ln, "yes") with two calls waiting`,
		Means: "Answer is for one call: the listener is its caller's, who may want the next one",
		Waits: goesOn,
	}
	var first, second string
	var err error
	c.Run(t, func() { first, err = answer.Answer(ln, "yes") })
	c.NoError(t, err)
	c.Bytes(t, "the first caller's word", "one", first)
	c.True(t, !ln.Closed(), "the listener still open", "the listener closed")
	c.True(t, ln.Accepts() == 1, "one Accept", fmt.Sprintf("%d calls of Accept", ln.Accepts()))
	c.Run(t, func() { second, err = answer.Answer(ln, "yes") })
	c.NoError(t, err)
	c.Bytes(t, "the second call: the second caller's word", "two", second)
}

func TestAnswerReportsThatItCannotAccept(t *testing.T) {
	ln := grade.ClosedListener()
	c := grade.Case{
		Did:   `Answer(ln, "yes") on a closed listener`,
		Means: "the error of Accept was dropped, or replaced by one that no longer holds it (wrap with %w)",
	}
	var err error
	c.Run(t, func() { _, err = answer.Answer(ln, "yes") })
	c.ErrorIs(t, err, net.ErrClosed)
}

// An Accept that would work the second time: whether to try it is for the
// caller of Answer to say.
func TestAnswerAcceptsOnce(t *testing.T) {
	for _, bad := range []struct {
		name string
		err  error
	}{{"EMFILE", syscall.EMFILE}, {"a timeout", os.ErrDeadlineExceeded}} {
		ln := grade.NewListener()
		ln.Break(bad.err)
		ln.Ring(&grade.Line{In: strings.NewReader("hello")})
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); Accept fails with %s, and a call comes after that`, bad.name),
			Means: "Accept was tried again, and its error dropped: the next try is for the caller of Answer",
		}
		var err error
		c.Run(t, func() { _, err = answer.Answer(ln, "yes") })
		c.ErrorIs(t, err, bad.err)
		c.True(t, ln.Accepts() == 1, "one Accept", fmt.Sprintf("%d calls of Accept", ln.Accepts()))
		c.Usually("the listener is its caller's: leave it open, whatever happens").True(t, !ln.Closed(), "ln left open", "ln closed")
	}
}

// breaks are the ways in which a line breaks; none is an end of the call.
var breaks = []struct {
	name string
	err  error
}{
	{"a reset", syscall.ECONNRESET},
	{"a timeout", os.ErrDeadlineExceeded},
	{"io.ErrUnexpectedEOF", io.ErrUnexpectedEOF},
	{"net.ErrClosed", net.ErrClosed},
	{"io.ErrClosedPipe", io.ErrClosedPipe},
	{"EPIPE", syscall.EPIPE},
}

func TestAnswerReportsABrokenLine(t *testing.T) {
	for _, brk := range breaks {
		for _, how := range []struct {
			words string
			wrap  func(io.Reader) io.Reader
		}{
			{"a Read that brings no bytes", func(r io.Reader) io.Reader { return r }},
			{`the same Read as "hel"`, iotest.DataErrReader},
		} {
			line := &grade.Line{In: how.wrap(io.MultiReader(strings.NewReader("hel"), &once{brk.err}, strings.NewReader("lo")))}
			c := grade.Case{
				Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller says "hel", and then the line breaks: %s, with %s`, brk.name, how.words),
				Means: "only io.EOF is the end of the word: read on until it comes, return any other error, and try nothing again",
			}
			heard, err := take(t, c, line, "yes")
			c.ErrorIs(t, err, brk.err)
			c.Usually("what had been heard was dropped when the error came: a Read may bring bytes and an error at once").
				Bytes(t, "what was heard before the line broke", "hel", heard)
			c.Usually("the reply was said although the word had not ended").
				Bytes(t, "nothing said", "", line.Said())
		}
	}
}

func TestAnswerReportsThatItCannotReply(t *testing.T) {
	for _, brk := range breaks {
		line := &grade.Line{In: strings.NewReader("hello"), Take: (&once{brk.err}).Write}
		c := grade.Case{
			Did:   fmt.Sprintf(`Answer(ln, "yes"); the caller says "hello", and the Write of the reply fails with %s`, brk.name),
			Means: "the error of Write was dropped, or the Write tried again: nothing is",
		}
		heard, err := take(t, c, line, "yes")
		c.ErrorIs(t, err, brk.err)
		c.Usually("what had been heard was dropped when the error of Write came: return both").
			Bytes(t, "what the caller had said", "hello", heard)
	}
}

// The same call over a real socket.
func TestAnswerOverTCP(t *testing.T) {
	ln := grade.Listen(t)
	heard := make(chan string, 1)
	go func() {
		conn, err := net.Dial("tcp4", ln.Addr().String())
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(conn, "hello")
		conn.(*net.TCPConn).CloseWrite()
		reply, err := io.ReadAll(conn)
		heard <- fmt.Sprintf("%q %v", reply, err)
	}()
	c := grade.Case{
		Did:   `Answer(ln, "yes") on a TCP listener; the caller says "hello", ends its half and reads to the end`,
		Means: "the whole reply, once, and then Close: no sooner, and not never",
		Waits: goesOn,
	}
	word, err := grade.Get(t, c, func() (string, error) { return answer.Answer(ln, "yes") })
	c.NoError(t, err)
	c.Bytes(t, "what the caller has said", "hello", word)
	reply := grade.Receive(t, c, heard, "the caller reads the reply and the end of file")
	c.True(t, reply == `"yes" <nil>`, `the caller reads "yes" and the end of file`, "the caller read "+reply)
}
