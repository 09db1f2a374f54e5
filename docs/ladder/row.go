package ladder

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/dialtone/docs/internal/lang"
)

// noticeable is the shortest time that a drawing mentions.
const noticeable = 100 * time.Millisecond

// bulk is the size from which Reads and Writes that follow each other in
// one direction are drawn together, however they interleave.
const bulk = 4096

type side int

const (
	across side = iota
	left
	right
)

type arrow int

const (
	none   arrow = iota
	solid        // bytes, or a call being made
	dotted       // the same, and not returned yet
	dashed       // the end of what one side says
	abort        // the end of everything
	broken       // it did not get there
)

// row is one line of a ladder, in words, before it is set in columns (on a
// terminal) or in points (in a picture). All its texts are safe to print.
type row struct {
	seqs   []int // of the events that it draws
	kind   Kind
	side   side
	tag    string // which of several clients it is about: "A"
	verb   string // Write
	word   string // speak
	info   string // an address, or what a Pending call came to
	sized  bool   // n and head mean something
	head   Bytes
	n      int // bytes, in each of count calls if these are equal, else in all
	count  int // equal calls drawn as one
	mixed  bool
	remark string
	err    string
	end    bool // err is no failure: a call or a phone has ended
	arrow  arrow
	text   string // of a Note or a Scene
	gap    time.Duration

	stream string // from>to, of the bytes that a Read, a Write or a segment moved
	first  uint32 // of these bytes, in segments
	last   uint32
	by     Kind // the call that sent a segment
	alone  bool // never to be merged
}

// size is the row's byte count as text.
func (r row) size(l lang.Lang) string {
	switch {
	case !r.sized:
		return ""
	case r.mixed && r.kind == Sent:
		return segmentsOf(l, r.n, r.count)
	case r.mixed:
		return fmt.Sprintf(l.Pick("%d B in %d %ss", "%d B，共 %d 次 %s"), r.n, r.count, r.verb)
	}
	return strconv.Itoa(r.n) + " B"
}

// times is "×31".
func (r row) times() string {
	if r.count > 1 && !r.mixed {
		return fmt.Sprintf("×%d", r.count)
	}
	return ""
}

// stream follows the bytes that go one way over one connection.
type stream struct {
	written, read int64
	writes        []int64 // where each Write ends
	asked         int64   // by a Pending Write
	lost          bool    // more was read than written: the writer is not recorded
	finished      bool    // CloseWrite
	closed        bool    // Close
	aborted       bool    // with linger 0
	unheard       bool    // with bytes that were not read
	traffic       traffic
}

// scribe turns events into rows. It remembers who has which address, and
// what is on its way.
type scribe struct {
	lang    lang.Lang
	whoAt   map[string]string
	streams map[string]*stream
	dead    map[string]bool // connections whose end has been told
	off     map[string]bool // listeners that are closed
	wired   bool            // the segments are the arrows, not the calls
	acks    bool            // plain ACKs, too
	prev    time.Duration
	begun   bool
	held    []row // which the next event may join
}

func (s *scribe) reset() {
	s.whoAt = make(map[string]string)
	s.streams = make(map[string]*stream)
	s.dead = make(map[string]bool)
	s.off = make(map[string]bool)
	s.begun = false
}

func (s *scribe) stream(from, to string) *stream {
	key := from + ">" + to
	if s.streams[key] == nil {
		s.streams[key] = new(stream)
	}
	return s.streams[key]
}

func sideOf(who string) side {
	switch {
	case who == "":
		return across
	case strings.HasPrefix(who, "server"):
		return right
	}
	return left
}

// tagOf is what tells who from the others on the same side.
func tagOf(who string) string {
	_, tag, _ := strings.Cut(who, " ")
	return Clean(tag)
}

// row gives the row of e, or false where there is nothing to draw.
func (s *scribe) row(e Event) (row, bool) {
	l := s.lang
	if e.Kind == Scene || s.streams == nil {
		s.reset()
	}
	if e.Kind == Scene {
		return row{kind: Scene, text: Clean(l.Pick(e.En, e.Zh)), alone: true}, true
	}
	out := row{seqs: []int{e.Seq}, kind: e.Kind, side: sideOf(e.Who), tag: s.tag(e), count: 1}
	if gap := e.At - s.prev; s.begun && gap >= noticeable {
		out.gap = gap
	}
	if e.Kind == Sent {
		r, ok := s.sent(e, out)
		if ok {
			s.prev, s.begun = e.At, true
		}
		return r, ok
	}
	s.prev, s.begun = e.At, true
	if e.Kind == Note {
		out.text, out.alone = Clean(l.Pick(e.En, e.Zh)), true
		return out, true
	}
	out.verb, out.word = calls[e.Kind].verb, calls[e.Kind].word.in(l)
	gone := s.dead[e.Local+">"+e.Remote]
	switch e.Kind {
	case Listen:
		out.info = Clean(e.Local)
	case Accept:
		out.info = Clean(e.Remote)
	case Dial:
		out.info, out.arrow = Clean(e.Remote), solid
		s.dialled(e)
	case Write:
		out.stream = e.Local + ">" + e.Remote
		out.sized, out.head, out.n, out.arrow = e.N > 0 || e.Err == "", e.Head, e.N, solid
		s.wrote(e)
	case Read:
		out.stream = e.Remote + ">" + e.Local
		out.sized, out.head, out.n = e.N > 0 || e.Err == "", e.Head, e.N
		out.remark = s.heard(e)
	case CloseWrite:
		out.arrow = dashed
		s.stream(e.Local, e.Remote).finished = true
	case Close:
		if e.Err == "net.ErrClosed" {
			return out, false // closed twice, which is a common care
		}
		out.remark, out.arrow = s.closed(e, gone)
		if e.Abort {
			out.word = slam.in(l)
		}
	case Off:
		if e.Err == "net.ErrClosed" {
			return out, false
		}
		s.off[e.Local] = true
	}
	if e.Took >= noticeable && e.Of == 0 {
		out.remark = join("  ", out.remark, waited(l, e.Took))
	}
	switch {
	case e.Pending:
		out.alone = true
		if out.arrow != none {
			out.arrow = dotted
		}
		out.remark = join("  ", out.remark, l.Pick("… waits", "… 等待"))
	case e.Of > 0: // its arrow has been drawn
		out.alone, out.arrow = true, none
		out.head = nil
		out.remark = join("  ", out.remark, waited(l, e.Took))
	}
	if e.Err != "" {
		out.alone = true
		if e.Kind == Listen {
			out.word = "" // the phone was not bought; the error needs the room
		}
		if out.arrow != none && e.N == 0 {
			out.arrow = broken
		}
		out.err = Clean(e.Err)
		out.end = out.arrow == none && (e.Err == "EOF" || e.Err == "net.ErrClosed")
		if why := s.why(e); why != "" {
			out.err += l.Pick(": ", "：") + why
		}
		switch strings.TrimPrefix(e.Err, "WSA") {
		case "ECONNRESET", "ECONNABORTED", "EPIPE":
			s.dead[e.Local+">"+e.Remote] = true
		}
	}
	if s.wired {
		out.arrow = none
	}
	return out, true
}

// tag says which of several clients e is about, on whichever side it is.
func (s *scribe) tag(e Event) string {
	if e.Local != "" && e.Kind != Listen && e.Kind != Off && e.Local != e.Remote {
		s.whoAt[e.Local] = e.Who
	}
	if tag := tagOf(e.Who); tag != "" || e.Remote == "" || sideOf(e.Who) == left && e.Kind == Dial {
		return tag
	}
	return tagOf(s.whoAt[e.Remote])
}

// dialled forgets what was known of an address pair that is used again.
func (s *scribe) dialled(e Event) {
	if e.Local == "" {
		return
	}
	there, back := e.Local+">"+e.Remote, e.Remote+">"+e.Local
	for _, key := range []string{there, back} {
		delete(s.streams, key)
		delete(s.dead, key)
	}
}

func (s *scribe) wrote(e Event) {
	st := s.stream(e.Local, e.Remote)
	n := int64(e.N)
	if e.Of > 0 {
		n -= st.asked // what was promised has been counted already
	}
	if e.Pending {
		st.asked = n
	}
	st.written += n
	if k := len(st.writes); e.Of > 0 && k > 0 && st.writes[k-1] > st.written {
		st.writes[k-1] = st.written
	} else if n > 0 {
		st.writes = append(st.writes, st.written)
	}
}

// span says of how many Writes the bytes from..to are, whole ones and parts;
// none where nobody recorded the writer.
func (st *stream) span(from, to int64) (whole, parts int) {
	first, _ := slices.BinarySearch(st.writes, from+1)
	last, ends := slices.BinarySearch(st.writes, to)
	begins := from == 0 || first > 0 && st.writes[first-1] == from
	switch {
	case last >= len(st.writes) || last < first:
		return 0, 0
	case begins && ends:
		return last - first + 1, 0
	case first == last:
		return 0, 1
	case begins || ends:
		return last - first, 1
	}
	return last - first - 1, 2
}

// heard says how the bytes of a Read lie across the Writes they came from;
// "" where one Read got just what one Write sent.
func (s *scribe) heard(e Event) string {
	st := s.stream(e.Remote, e.Local)
	from := st.read
	st.read += int64(e.N)
	st.lost = st.lost || st.read > st.written
	whole, parts := st.span(from, st.read)
	l := s.lang
	switch {
	case st.lost, e.N == 0, e.N >= bulk, whole+parts == 0, whole == 1 && parts == 0:
		return ""
	case parts == 0:
		return fmt.Sprintf(l.Pick("%d Writes in one Read", "%d 次 Write 并成一次 Read"), whole)
	case whole == 0 && parts == 1:
		return l.Pick("part of a Write", "一次 Write 的一部分")
	case whole == 0:
		return l.Pick("parts of two Writes", "两次 Write 各一部分")
	}
	part := l.Pick("a part", "一部分")
	if parts == 2 {
		part = l.Pick("two parts", "两头各一部分")
	}
	many := l.Pick("Writes", "")
	if whole == 1 {
		many = l.Pick("Write", "")
	}
	return fmt.Sprintf(l.Pick("%d whole %s and %s", "%d 次完整的 Write%s，外加%s"), whole, many, part)
}

// closed says what a Close leaves unheard, and what goes over the line.
func (s *scribe) closed(e Event, gone bool) (string, arrow) {
	mine, theirs := s.stream(e.Local, e.Remote), s.stream(e.Remote, e.Local)
	remark, a := "", dashed
	if unread := theirs.written - theirs.read; unread > 0 && !theirs.lost {
		remark = fmt.Sprintf(s.lang.Pick("%d B never heard", "还有 %d B 没听"), unread)
	}
	switch {
	case gone || e.Err != "":
		a = none
	case e.Abort:
		a = abort
	case mine.finished && remark == "":
		a = none // it was said already
	}
	mine.closed, mine.aborted, mine.unheard = true, e.Abort, remark != ""
	return remark, a
}

// why is what e's error means; of an EOF the recording may know more.
func (s *scribe) why(e Event) string {
	p := meaning(e.Err)
	switch e.Err {
	case "EOF":
		if st := s.stream(e.Remote, e.Local); st.closed {
			p = hungUp
		} else if st.finished {
			p = saidAll
		}
	case "net.ErrClosed":
		p = closedHere
		if e.Kind == Accept {
			p = offHere
		}
	}
	return p.in(s.lang)
}

func join(sep string, parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}

// add gives the rows that can be drawn once e has happened. Equal rows are
// drawn as one: 31 times the same Write is a Write ×31, and its 31 segments are
// one row after it. Of bulk transfers it makes one row of Writes, one of
// segments, and one of Reads.
func (s *scribe) add(e Event) []row {
	r, ok := s.row(e)
	if !ok || r.gap == 0 && !r.alone && len(s.held) > 0 && s.joins(r) {
		return nil
	}
	out := s.held
	s.held = []row{r}
	return out
}

// flush gives the rows that were held back.
func (s *scribe) flush() []row {
	out := s.held
	s.held = nil
	return out
}

// joins says whether r goes into the rows held, and puts it there.
func (s *scribe) joins(r row) bool {
	first := &s.held[0]
	if first.alone || first.stream != r.stream || first.kind != Write && first.kind != Sent && !first.bulky() {
		return len(s.held) == 1 && first.equals(r) && first.add(r)
	}
	for i := range s.held {
		switch h := &s.held[i]; {
		case h.kind != r.kind:
		case h.equals(r) && (len(s.held) == 1 || !h.bulky()):
			h.last = r.last
			return h.add(r)
		case h.bulky() && r.bulky(), r.kind == Sent:
			h.absorb(r)
			return true
		default:
			return false
		}
	}
	if first.kind == Write && r.kind == Sent || first.bulky() && r.bulky() {
		s.held = append(s.held, r)
		return true
	}
	return false
}

func (r *row) add(o row) bool {
	r.count++
	r.seqs = append(r.seqs, o.seqs...)
	return true
}

func (r row) bulky() bool {
	return !r.alone && (r.kind == Read || r.kind == Write) && r.sized && (r.n >= bulk || r.mixed)
}

func (r row) equals(o row) bool {
	return !r.alone && !r.mixed && r.sized && r.kind == o.kind &&
		r.side == o.side && r.tag == o.tag && r.stream == o.stream && r.n == o.n &&
		r.remark == o.remark && bytes.Equal(r.head, o.head)
}

func (r *row) absorb(o row) {
	if !r.mixed {
		r.n *= r.count
		r.mixed = true
	}
	r.n += o.n
	r.count++
	r.last = max(r.last, o.last)
	r.seqs = append(r.seqs, o.seqs...)
	r.head, r.remark = nil, ""
}

// words sets a call in one line of at most room columns, in the order of its
// side: the verb is next to the lifeline. At most most columns of it are
// payload; the verb fills at least verb columns.
func (r row) words(l lang.Lang, room, most, verb int) []seg {
	word, info, remark, err, payload := r.word, r.info, r.remark, r.err, ""
	if r.kind == Sent && r.sized {
		info = seqs(r.first, r.last)
	}
	errStyle := errStyle
	if r.end {
		errStyle = endStyle
	}
	set := func() []seg {
		space := pad(verb - Width(r.verb))
		call := []seg{{r.verb + space, bold}, {word, faint}, {info, plain}}
		data := []seg{{payload, bytesStyle}, {r.size(l), plain}, {r.times(), countStyle}}
		end := []seg{{err, errStyle}, {remark, faint}}
		if r.side == right {
			call[0].text = space + r.verb
			slices.Reverse(call)
			return spaced(slices.Concat(end, data, call))
		}
		if r.arrow == broken {
			slices.Reverse(end) // the error stands at the arrow's end
		}
		return spaced(slices.Concat(call, data, end))
	}
	// What gives way where a line would be too long, one after the other:
	// the payload, the remark, what the error means, the phone's word.
	over := func() int { return segsWidth(set()) - room }
	for _, gives := range []struct {
		text  *string
		whole bool
		least int
	}{{&remark, true, 0}, {&err, false, 20}, {&word, true, 0}, {&info, false, 0}, {&err, false, 1}} {
		switch o := over(); {
		case o <= 0:
		case gives.whole:
			*gives.text = ""
		default:
			*gives.text = Cut(*gives.text, max(Width(*gives.text)-o, gives.least))
		}
	}
	if r.sized && len(r.head) > 0 {
		payload = quote(r.head, r.n, min(-over()-1, most))
	}
	return set()
}

// spaced puts the parts that are not empty side by side, a size and its
// count close to the payload.
func spaced(parts []seg) []seg {
	var out []seg
	for _, s := range parts {
		if s.text == "" {
			continue
		}
		if len(out) > 0 {
			gap := "  "
			if s.style == countStyle || out[len(out)-1].style == bytesStyle {
				gap = " "
			}
			out = append(out, seg{gap, plain})
		}
		out = append(out, s)
	}
	return out
}
