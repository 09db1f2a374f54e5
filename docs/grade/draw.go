package grade

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// Drawing is the variable that makes a test that passes draw its last line.
const Drawing = "DRILL_DRAW"

// latest is how many calls of a line a picture shows at most.
const latest = 12

// run is what a test knows of the lines that the answer has used.
type run struct {
	mu   sync.Mutex
	last *Line
}

// runs has the run of each goroutine that is known to belong to a test.
var runs sync.Map

var parent = regexp.MustCompile(`in goroutine (\d+)\n`)

// running is the run that this goroutine belongs to: its own, or that of
// the goroutine that has started it; nil if neither is known.
func running() *run {
	dump := stack(false)
	me := strings.Fields(dump)[1]
	if r, ok := runs.Load(me); ok {
		return r.(*run)
	}
	if m := parent.FindStringSubmatch(dump); m != nil {
		if r, ok := runs.Load(m[1]); ok {
			runs.Store(me, r)
			return r.(*run)
		}
	}
	return nil
}

// draw notes a call for the picture; l.mu is not held.
func (l *Line) draw(kind ladder.Kind, p []byte, err error) {
	l.owner.Do(func() { l.run = running() })
	if l.run == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == 0 {
		l.begin = time.Now()
	}
	if len(l.events) == latest {
		l.events = slices.Delete(l.events, 0, 1)
	}
	remote := "there"
	if kind == ladder.Accept {
		remote = "" // it would be shown, in one language
	}
	l.events = append(l.events, ladder.Event{Kind: kind, Who: "server", Local: "here", Remote: remote, N: len(p), At: time.Since(l.begin),
		Head: slices.Clone(p[:min(len(p), ladder.HeadSize)]), Err: ladder.ErrorName(err)})
	l.calls++
	if in, ok := l.In.(interface{ Len() int }); ok && (kind == ladder.Read || !l.asked) {
		l.left = in.Len() // now, while nobody else reads
	}
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	l.run.last = l
}

// picture is the ladder of the line that was used last, with a mark at the
// call after which it went wrong, if it did; "" if there was no line.
func (r *run) picture(failed bool) string {
	if r == nil {
		return ""
	}
	r.mu.Lock()
	l := r.last
	r.mu.Unlock()
	if l == nil {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	speak := lang.FromEnv()
	var b strings.Builder
	if left := l.calls - len(l.events); left > 0 {
		fmt.Fprintf(&b, speak.Pick("… %d calls before these\n", "… 前面还有 %d 次调用\n"), left)
	}
	ladder.Draw(&b, l.events, ladder.Options{Lang: speak})
	drawn := strings.TrimRight(b.String(), "\n")
	if !failed {
		return drawn
	}
	i := strings.LastIndex(drawn, "\n") + 1
	return drawn[:i] + "✗" + strings.TrimPrefix(drawn[i:], " ") + "\n✗ " + l.short(l.events[len(l.events)-1], speak)
}

// short says what came short after the last call, as far as it is known.
func (l *Line) short(last ladder.Event, speak lang.Lang) string {
	verb := last.Kind.Verb()
	switch {
	case l.left > 0 && last.Kind == ladder.Read:
		return fmt.Sprintf(speak.Pick("Read %d B, then nothing: %d B were never read", "Read 到 %d B，之后再没有调用：还有 %d B 没有读"), last.N, l.left)
	case l.left > 0 && last.Kind != ladder.Accept:
		return fmt.Sprintf(speak.Pick("%s, and %d B were never read", "%s，还有 %d B 没有读"), verb, l.left)
	case last.Kind == ladder.Accept && !l.closed && !l.tcp:
		return speak.Pick("accepted, then nothing: it is neither used nor closed", "接听了，之后什么也没有：既没有用，也没有关")
	case l.tcp && last.Kind == ladder.Read && last.Err == "":
		return fmt.Sprintf(speak.Pick("Read %d B, and then neither bytes nor an end came", "Read 到 %d B，之后既没有字节，也没有结尾"), last.N)
	case last.Err != "":
		return fmt.Sprintf(speak.Pick("%s: %s, then nothing", "%s：%s，之后再没有调用"), verb, last.Err)
	}
	return fmt.Sprintf(speak.Pick("%s was the last call on this connection", "%s 是这条连接上的最后一次调用"), verb)
}

// begin makes this goroutine's run, and draws it at the end if it is asked for.
func begin(logf func(string, ...any)) (end func(passed bool)) {
	r, me := &run{}, goroutineID()
	runs.Store(me, r)
	return func(passed bool) {
		if passed && os.Getenv(Drawing) != "" {
			if p := r.picture(false); p != "" {
				logf("\n%s", p)
			}
		}
		runs.Delete(me)
	}
}

// TCP is the other side of a real connection, as a test holds it: what that
// side does is drawn. What the answer does by itself nobody sees.
type TCP struct {
	*net.TCPConn
	line Line
}

// Seen is conn, drawn.
func Seen(conn *net.TCPConn) *TCP {
	c := &TCP{TCPConn: conn}
	c.line.tcp = true
	c.line.draw(ladder.Accept, nil, nil)
	return c
}

func (c *TCP) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.line.draw(ladder.Read, p[:n], err)
	return n, err
}

func (c *TCP) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	c.line.draw(ladder.Write, p[:n], err)
	return n, err
}

func (c *TCP) CloseWrite() error {
	err := c.TCPConn.CloseWrite()
	c.line.draw(ladder.CloseWrite, nil, err)
	return err
}

func (c *TCP) Close() error {
	err := c.TCPConn.Close()
	c.line.draw(ladder.Close, nil, err)
	return err
}
