package scenes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// sceneLimit ends a scene that hangs: a play always ends by itself.
const sceneLimit = 10 * time.Second

// errTooLong is why.
var errTooLong = errors.New("it did not end in time")

// stage is where a lesson plays its scenes, in order.
type stage struct {
	ctx     context.Context
	lang    lang.Lang
	out     io.Writer
	pace    time.Duration
	colour  bool
	under   under
	tap     *listening       // nil: no segments
	done    [][]ladder.Event // the recordings of its scenes
	guesses *guesses         // with -predict, where somebody can type; else nil
}

// Scene plays one and draws what it records, as it happens. Where the stage
// asks, it asks before, and says after it which answer was right.
func (s *stage) Scene(sc Scene) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	guess, err := s.guess(sc.Ask)
	if err != nil {
		return err
	}
	if guess >= 0 {
		fmt.Fprintln(s.out)
	}
	r := ladder.NewRecorder()
	events := make(chan ladder.Event, 1<<16) // more than a scene has: whoever draws may be slow
	complete, shown := s.watched(r), 0
	if s.tap == nil { // else it is drawn when the segments are known
		r.Watch(func(e ladder.Event) { events <- e })
	}
	drawn := make(chan struct{})
	go func() {
		defer close(drawn)
		s.draw(events)
	}()
	err = sc.Play(context.WithValue(s.ctx, tapped{}, s.tap), r)
	if s.tap == nil {
		shown = len(r.Events())
	}
	all := complete()
	for _, e := range all[shown:] {
		events <- e
	}
	close(events)
	<-drawn
	s.done = append(s.done, all)
	if err == nil && guess >= 0 {
		s.reveal(sc, guess)
	}
	return err
}

// say is what stands below a scene, where that is always the same.
func say(en, zh string) func(*stage) error {
	return func(s *stage) error { return s.Say(en, zh) }
}

// Say prints a line of prose between scenes.
func (s *stage) Say(en, zh string) (err error) {
	out := s.paced()
	for _, line := range ladder.Fold(s.lang.Pick(en, zh), 80) {
		_, err = fmt.Fprintln(out, line)
	}
	return err
}

// Table prints rows under a header, which has a comma between its columns;
// what is too long for a line of 80 columns is cut.
func (s *stage) Table(header Text, rows [][]string) (err error) {
	table := append([][]string{strings.Split(header.In(s.lang), ",")}, rows...)
	widths := make(map[int]int)
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], ladder.Width(ladder.Clean(cell)))
		}
	}
	out := s.paced()
	for n, row := range table {
		line, rule := "", ""
		for i, cell := range row {
			cell = ladder.Clean(cell)
			line += cell + strings.Repeat(" ", widths[i]-ladder.Width(cell)+2)
			rule += strings.Repeat("─", widths[i]) + "  "
		}
		_, err = fmt.Fprintln(out, ladder.Cut(strings.TrimRight(line, " "), 80))
		if n == 0 {
			_, err = fmt.Fprintln(out, ladder.Cut(strings.TrimRight(rule, " "), 80))
		}
	}
	return err
}

// perform plays l from its title to its end.
func (s *stage) perform(l Lesson, scenes []Scene) error {
	title := fmt.Sprintf(s.lang.Pick("Lesson %d: ", "第 %d 课："), l.N) + l.Title.In(s.lang)
	if s.colour {
		title = "\x1b[1;4m" + title + "\x1b[0m"
	}
	fmt.Fprintln(s.out, title)
	switch {
	case s.under.disturbed():
		scenes = slices.DeleteFunc(scenes, func(sc Scene) bool { return sc.act == nil })
		for i, sc := range scenes { // what is said below a scene need not be true of it now
			scenes[i].act, scenes[i].after = through(s.under.faults(), sc.act), nil
		}
	case s.tap != nil:
		scenes = append(scenes, beneath(l.N)...)
	}
	for _, sc := range scenes {
		if sc.act != nil {
			err := s.Scene(sc)
			if err != nil && s.under.disturbed() && s.ctx.Err() == nil {
				s.Say("The scene failed: "+err.Error(), "这一幕失败了："+err.Error())
				err = nil
			}
			if err != nil {
				return err
			}
		}
		if sc.after != nil {
			if err := sc.after(s); err != nil {
				return err
			}
		}
	}
	s.score(l)
	return s.ctx.Err()
}

// events are the recordings of all scenes, one after the other.
func (s *stage) events() []ladder.Event {
	var all []ladder.Event
	for _, ev := range s.done {
		before := len(all)
		for _, e := range ev {
			e.Seq += before
			if e.Of > 0 {
				e.Of += before
			}
			all = append(all, e)
		}
	}
	return all
}

func (s *stage) options() ladder.Options {
	return ladder.Options{Lang: s.lang, Colour: s.colour, Segments: s.tap != nil, Acks: s.under.acks}
}

// idle is how long the last line of a drawing is held back, in case the
// next event turns it into a ×2.
const idle = 40 * time.Millisecond

// draw draws what arrives until there is no more. The play runs at its own
// speed; only the drawing is slowed down by -pace.
func (s *stage) draw(events <-chan ladder.Event) {
	p := ladder.NewPrinter(s.paced(), s.options())
	defer p.Flush() // the sink keeps its error
	for {
		select {
		case e, more := <-events:
			if !more {
				return
			}
			p.Event(e)
		case <-time.After(idle):
			p.Flush()
		}
	}
}

func (s *stage) paced() io.Writer { return pacedWriter{s} }

// pacedWriter waits after each line, unless the play is interrupted.
type pacedWriter struct{ s *stage }

func (p pacedWriter) Write(line []byte) (int, error) {
	if err := p.s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.s.out.Write(line)
	if p.s.pace > 0 && err == nil {
		hold(p.s.ctx, p.s.pace)
	}
	return n, err
}

// What the scenes of several lessons need.

// wait is how long anybody in a scene waits before giving up, where giving
// up is not what the scene is about.
const wait = 3 * time.Second

// phone is one with a number of its own, recorded as who's.
func phone(r *ladder.Recorder, who string) (net.Listener, error) {
	addr := r.Host() + ":0"
	return r.Listen(who, addr, func() (net.Listener, error) { return net.Listen("tcp", addr) })
}

// serving lets a server answer its phone, and callers dial it. Its context
// tells the server that they are done.
func serving(ctx context.Context, r *ladder.Recorder, serve func(context.Context, net.Listener) error, callers func(addr string) error) error {
	ln, err := phone(r, "server")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return both(func() error { return serve(ctx, ln) }, func() error {
		defer stop()
		return callers(ln.Addr().String())
	})
}

// call is serving with one caller.
func call(ctx context.Context, r *ladder.Recorder, serve func(context.Context, net.Listener) error, talk func(net.Conn) error) error {
	return serving(ctx, r, serve, func(addr string) error { return client(ctx, r, addr, talk) })
}

// both runs the two ends at the same time and waits for both.
func both(server, client func() error) error {
	done := make(chan error, 1)
	go func() { done <- named("server", server()) }()
	failed := named("client", client())
	return errors.Join(<-done, failed)
}

func named(who string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", who, err)
	}
	return err
}

// client dials addr, talks, and closes.
func client(ctx context.Context, r *ladder.Recorder, addr string, talk func(conn net.Conn) error) error {
	conn, err := r.Dial(ctx, "client", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	return talk(conn)
}

// pair is a call to ln of which one goroutine has both ends.
func pair(ctx context.Context, r *ladder.Recorder, ln net.Listener) (client, server net.Conn, err error) {
	if client, err = r.Dial(ctx, "client", ln.Addr().String()); err == nil {
		server, err = ln.Accept()
	}
	return client, server, err
}

// asks is a call in which who has said a word.
func asks(ctx context.Context, r *ladder.Recorder, who, addr, word string) (net.Conn, error) {
	conn, err := r.Dial(ctx, who, addr)
	if err == nil {
		_, err = io.WriteString(conn, word)
	}
	return conn, err
}

// hold lets time pass, as part of the scene.
func hold(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// played is the recording of the last scene.
func (s *stage) played() []ladder.Event { return s.done[len(s.done)-1] }

// find gives the events of one kind by one side.
func find(ev []ladder.Event, who string, k ladder.Kind) []ladder.Event {
	return slices.DeleteFunc(slices.Clone(ev), func(e ladder.Event) bool { return e.Who != who || e.Kind != k })
}
