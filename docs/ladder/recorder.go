package ladder

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
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

	mu         sync.Mutex
	wake       *sync.Cond // the end of a delivery
	events     []Event    // published: their order is final
	waiting    []*slot    // not yet published, in order
	timer      *time.Timer
	watchers   []*watcher
	delivering bool
	stopped    bool
	open       map[io.Closer]struct{} // the inner ones, for Stop
}

type slot struct {
	ev    Event
	done  bool
	split int // Seq of the Pending event, once that is published
}

type watcher struct {
	f    func(Event)
	next int
}

// NewRecorder starts a recording: its clock runs from now.
func NewRecorder() *Recorder {
	r := &Recorder{start: time.Now(), patience: patience, open: make(map[io.Closer]struct{})}
	r.wake = sync.NewCond(&r.mu)
	return r
}

// Listener records that who listens, now, and wraps ln: each Accept, and
// Close. The connections it accepts are recorded as who's.
func (r *Recorder) Listener(ln net.Listener, who string) net.Listener {
	l := &listener{Listener: ln, r: r, who: who}
	r.keep(ln)
	r.done(time.Now(), Event{Kind: Listen, Who: who, Local: ln.Addr().String()})
	if extras, ok := ln.(listenerExtras); ok {
		return &tcpListener{l, extras}
	}
	return l
}

// Listen calls listen, which may well fail, and records that who listens on
// addr or what prevented it; the listener is wrapped as by Listener.
func (r *Recorder) Listen(who, addr string, listen func() (net.Listener, error)) (net.Listener, error) {
	began := time.Now()
	ln, err := listen()
	if err != nil {
		e := Event{Kind: Listen, Who: who, Local: addr}
		fail(&e, err)
		r.done(began, e)
		return nil, err
	}
	return r.Listener(ln, who), nil
}

// Dial calls addr over TCP and records it, and its failure. The connection
// is recorded as who's.
func (r *Recorder) Dial(ctx context.Context, who, addr string) (net.Conn, error) {
	began, s := r.begin(Event{Kind: Dial, Who: who, Remote: addr})
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		r.end(s, began, func(e *Event) { fail(e, err) })
		return nil, err
	}
	r.keep(c)
	r.end(s, began, func(e *Event) {
		e.Local, e.Remote = c.LocalAddr().String(), c.RemoteAddr().String()
	})
	return r.wrap(c, who), nil
}

// Conn wraps any connection: its calls are recorded as who's from now on.
func (r *Recorder) Conn(c net.Conn, who string) net.Conn {
	r.keep(c)
	return r.wrap(c, who)
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

// Events gives a copy of the recording so far, in causal order. Calls under
// way are in it, as Pending, where something else follows them.
func (r *Recorder) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.events)
	last := len(r.waiting)
	for last > 0 && !r.waiting[last-1].done {
		last--
	}
	for _, s := range r.waiting[:last] {
		e := s.ev
		e.Seq, e.Pending = len(all)+1, !s.done
		all = append(all, e)
	}
	return all
}

// Watch calls f with each event once, in order: those recorded already, and
// the others as they happen. The call is made by whichever goroutine has
// something to record just then, so f should be quick; it may use r.
func (r *Recorder) Watch(f func(Event)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = append(r.watchers, &watcher{f: f})
	r.deliver()
}

// Stop ends the recording: calls under way get a tenth of a second to
// return, and are recorded as Pending if they do not; then nothing is
// recorded any more, and whatever of the wrapped listeners and connections
// is still open is closed, as is what r is given to wrap later. It returns when everybody who watches has got
// everything, and says how many it had to close. It must not be called by
// one who watches.
func (r *Recorder) Stop() int {
	late := false
	r.mu.Lock()
	if len(r.waiting) > 0 {
		defer time.AfterFunc(r.patience, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			late = true
			r.wake.Broadcast()
		}).Stop()
	}
	for len(r.waiting) > 0 && !late {
		r.wake.Wait()
	}
	r.stopped = true
	for _, s := range r.waiting {
		r.publish(s)
	}
	r.waiting = nil
	if r.timer != nil {
		r.timer.Stop()
	}
	left := make([]io.Closer, 0, len(r.open))
	for c := range r.open {
		left = append(left, c)
	}
	clear(r.open)
	r.deliver()
	for r.delivering {
		r.wake.Wait()
	}
	r.mu.Unlock()
	for _, c := range left {
		c.Close()
	}
	return len(left)
}

// done records an event that is complete.
func (r *Recorder) done(began time.Time, e Event) {
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
	if s == nil || r.stopped {
		return
	}
	e := s.ev
	fill(&e)
	e.Took = time.Since(began)
	at := slices.Index(r.waiting, s)
	alone := at == len(r.waiting)-1 // nothing came after it
	switch {
	case s.split == 0 && e.Err == "":
		s.ev, s.done = e, true
	case s.split == 0 && alone:
		s.ev, s.done = r.stamp(e, began), true
	case s.split == 0 && e.N == 0 && !(e.Kind == Dial && gaveUp[e.Err]):
		// What caused the failure may have come after the place was
		// taken, and nobody can have felt the call.
		r.waiting = slices.Delete(r.waiting, at, at+1)
		r.waiting = append(r.waiting, &slot{ev: r.stamp(e, began), done: true})
	default:
		if s.split == 0 {
			for _, earlier := range r.waiting[:at+1] {
				r.publish(earlier)
			}
			r.waiting = slices.Delete(r.waiting, 0, at+1)
		}
		e.Of = s.split
		r.waiting = append(r.waiting, &slot{ev: r.stamp(e, began), done: true})
	}
	r.advance()
}

// gaveUp are the failures of a Dial that the other side may have answered.
var gaveUp = map[string]bool{"deadline exceeded": true, "cancelled": true}

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
	r.deliver()
}

func (r *Recorder) overdue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	if !r.stopped {
		r.advance()
	}
}

func (r *Recorder) publish(s *slot) {
	s.ev.Seq = len(r.events) + 1
	e := s.ev
	if !s.done {
		s.split = e.Seq
		e.Pending, e.Took = true, 0
	}
	r.events = append(r.events, e)
}

// deliver hands the published events to those who watch. It is called with
// the lock held and lets go of it around each call of f; one goroutine
// delivers at a time, so nobody gets events out of order.
func (r *Recorder) deliver() {
	if r.delivering {
		return
	}
	r.delivering = true
	for again := true; again; {
		again = false
		for _, w := range r.watchers {
			for w.next < len(r.events) {
				e := r.events[w.next]
				w.next++
				again = true
				r.mu.Unlock()
				w.f(e)
				r.mu.Lock()
			}
		}
	}
	r.delivering = false
	r.wake.Broadcast()
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
	r.open[c] = struct{}{}
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
