package ladder

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a call may be under way before the recording says
// that it is, instead of holding back all that follows it.
const patience = 100 * time.Millisecond

// Recorder records what the listeners and connections that it wraps do.
// All its methods may be called from many goroutines at once.
//
// The order of a recording is causal, and this is how: each call takes its
// place at a moment between its beginning and its return. Whatever others
// may feel (Dial, Write, Close, CloseWrite) takes it when it begins;
// whatever waits for others (Read, Accept) and whatever failed, when it
// returns. The kernel cannot hand out bytes before the Write that brings
// them began, so no Read can come before its Write. A place is filled when
// its call returns; should that take longer than a tenth of a second, the
// recording first says that the call is Pending, goes on, and gives the
// result an event of its own.
type Recorder struct {
	start    time.Time
	patience time.Duration

	mu      sync.Mutex
	wake    *sync.Cond // something was published
	events  []Event    // published: their order is final
	waiting []*slot    // not yet published, in order
	timer   *time.Timer
	watch   []func(Event)
	stopped bool
	open    map[io.Closer]bool // the inner ones, for Stop
	closing func(Event, syscall.Conn)
	network Network
}

// Network is where a recorder has its sockets made, if not here.
type Network interface {
	Host() string                // the server's address
	Client(f func() error) error // runs f where the client is
	Server(f func() error) error
}

type slot struct {
	ev    Event
	done  bool
	split int // Seq of the Pending event, once that is published
}

// NewRecorder starts a recording: its clock runs from now.
func NewRecorder() *Recorder {
	r := &Recorder{start: time.Now(), patience: patience, open: make(map[io.Closer]bool)}
	r.wake = sync.NewCond(&r.mu)
	return r
}

// Listen calls listen, which may well fail, and records that who listens on
// addr or what prevented it. The listener, a TCP one, is wrapped: each Accept,
// and Close, is recorded, and so are the connections that it accepts, as who's.
func (r *Recorder) Listen(who, addr string, listen func() (net.Listener, error)) (net.Listener, error) {
	e := Event{Kind: Listen, Who: who, Local: addr}
	began := time.Now()
	var ln net.Listener
	err := r.place(who, func() (err error) { ln, err = listen(); return err })
	if err != nil {
		fail(&e, err)
		r.done(began, e)
		return nil, err
	}
	e.Local = ln.Addr().String()
	r.keep(ln)
	r.done(time.Now(), e)
	return &listener{ln.(*net.TCPListener), r, who}, nil
}

// Dial calls addr over TCP and records it, and its failure. The connection
// is recorded as who's.
func (r *Recorder) Dial(ctx context.Context, who, addr string) (net.Conn, error) {
	began, s := r.begin(Event{Kind: Dial, Who: who, Remote: addr})
	var c net.Conn
	err := r.place(who, func() (err error) { c, err = new(net.Dialer).DialContext(ctx, "tcp", addr); return err })
	if err != nil {
		r.end(s, began, func(e *Event) { fail(e, err) })
		return nil, err
	}
	r.keep(c)
	r.end(s, began, func(e *Event) {
		e.Local, e.Remote = c.LocalAddr().String(), c.RemoteAddr().String()
	})
	return r.wrap(c.(*net.TCPConn), who), nil
}

// Note records a line of narration in both languages, on who's side, or
// across both where who is "".
func (r *Recorder) Note(who, en, zh string) {
	r.done(time.Now(), Event{Kind: Note, Who: who, En: en, Zh: zh})
}

// Scene records that a scene begins, with its name and its title: what
// follows is drawn under a heading of its own.
func (r *Recorder) Scene(slug, en, zh string) {
	r.done(time.Now(), Event{Kind: Scene, Slug: slug, En: en, Zh: zh})
}

// Events gives a copy of the recording so far, in causal order.
func (r *Recorder) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Began is when the recording began: what the times of its events count from.
func (r *Recorder) Began() time.Time { return r.start }

// Closing calls f with each connection before it is closed, and with an event
// that says whose it is. It is for the time before anything is recorded.
func (r *Recorder) Closing(f func(Event, syscall.Conn)) { r.closing = f }

// Through has all that listens and dials made in n from now on.
func (r *Recorder) Through(n Network) { r.network = n }

// Host is the address to listen on.
func (r *Recorder) Host() string {
	if r.network == nil {
		return "127.0.0.1"
	}
	return r.network.Host()
}

// place runs f where who is.
func (r *Recorder) place(who string, f func() error) error {
	switch {
	case r.network == nil:
		return f()
	case sideOf(who) == left:
		return r.network.Client(f)
	}
	return r.network.Server(f)
}

// Watch calls f with each event once, in order: those recorded already, and
// the others as they happen. It must be quick, and must not use r.
func (r *Recorder) Watch(f func(Event)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watch = append(r.watch, f)
	for _, e := range r.events {
		f(e)
	}
}

// Stop ends the recording: calls under way get a tenth of a second to
// return, and are recorded as Pending if they do not; nothing that begins
// later is recorded. Then whatever of the wrapped listeners and connections
// is still open is closed, as is what r is given to wrap later.
func (r *Recorder) Stop() {
	r.mu.Lock()
	r.stopped = true
	for len(r.waiting) > 0 { // its timer sees to it that this ends
		r.wake.Wait()
	}
	left := slices.Collect(maps.Keys(r.open))
	clear(r.open)
	r.mu.Unlock()
	for _, c := range left {
		c.Close()
	}
}

// done records an event that is complete.
func (r *Recorder) done(began time.Time, e Event) {
	e.Code = where()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	r.waiting = append(r.waiting, &slot{ev: r.stamp(e, began), done: true})
	r.advance()
}

// begin takes a place for a call that begins now.
func (r *Recorder) begin(e Event) (time.Time, *slot) {
	e.Code = where()
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.stopped {
		return now, nil
	}
	s := &slot{ev: r.stamp(e, now)}
	r.waiting = append(r.waiting, s)
	r.advance()
	return now, s
}

// end fills the place when the call has returned.
func (r *Recorder) end(s *slot, began time.Time, fill func(*Event)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s == nil || r.stopped && s.split > 0 {
		return
	}
	e := s.ev
	fill(&e)
	e.Took = time.Since(began)
	if s.split == 0 && e.Err == "" {
		s.ev, s.done = e, true
		r.advance()
		return
	}
	// It failed, or took long: it ends here, after what may have caused that.
	if s.split == 0 {
		at := slices.Index(r.waiting, s)
		from := at
		felt := e.N > 0 || e.Kind == Dial && (e.Err == "deadline exceeded" || e.Err == "cancelled")
		if felt && at < len(r.waiting)-1 { // by others: that it began keeps its place
			for _, earlier := range r.waiting[:at+1] {
				r.publish(earlier)
			}
			from = 0
		}
		r.waiting = slices.Delete(r.waiting, from, at+1)
	}
	e.Of = s.split
	r.waiting = append(r.waiting, &slot{ev: r.stamp(e, began), done: true})
	r.advance()
}

// record makes a call that others may feel and that gives nothing but an error.
func (r *Recorder) record(e Event, call func() error) error {
	began, s := r.begin(e)
	err := call()
	r.end(s, began, func(e *Event) { fail(e, err) })
	return err
}

// stamp gives e its time. It is called with the lock held and in the order
// of the places, so times never go back.
func (r *Recorder) stamp(e Event, began time.Time) Event {
	now := time.Now()
	e.At, e.Took = now.Sub(r.start), now.Sub(began)
	return e
}

// advance publishes what can be published: everything before the first call
// that is under way, and that one too when it takes too long.
func (r *Recorder) advance() {
	now := time.Since(r.start)
	n := 0
	for ; n < len(r.waiting); n++ {
		s := r.waiting[n]
		if age := now - s.ev.At; !s.done && age < r.patience {
			if r.timer == nil {
				r.timer = time.AfterFunc(r.patience-age, r.overdue)
			}
			break
		}
		r.publish(s)
	}
	r.waiting = slices.Delete(r.waiting, 0, n)
	r.wake.Broadcast()
}

func (r *Recorder) overdue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	r.advance()
}

func (r *Recorder) publish(s *slot) {
	s.ev.Seq = len(r.events) + 1
	e := s.ev
	if !s.done {
		s.split = e.Seq
		e.Pending, e.Took = true, 0
	}
	r.events = append(r.events, e)
	for _, f := range r.watch {
		f(e)
	}
}

// where is the line that makes the recorded call: the innermost of a lesson,
// where a lesson makes it, else of who else does.
func where() (at string) {
	const module, own = "example.com/dialtone/", "docs/ladder"
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		name, ours := strings.CutPrefix(f.Function, module)
		dir, _, _ := strings.Cut(path.Base(name), ".")
		dir = path.Join(path.Dir(name), dir)
		lesson := strings.HasPrefix(dir, "0")
		if ours && dir != own && (at == "" || lesson) {
			at = fmt.Sprintf("%s:%d", path.Join(dir, filepath.Base(f.File)), f.Line)
		}
		if lesson {
			break
		}
	}
	return at
}

// keep remembers what Stop has to close; what comes after Stop is closed at
// once.
func (r *Recorder) keep(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		c.Close()
		return
	}
	r.open[c] = true
}

func (r *Recorder) forget(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
}

func fail(e *Event, err error) {
	e.Err = ErrorName(err)
	if err != nil {
		e.Message = err.Error()
	}
}
