package ladder

import (
	"io"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
)

// Options say how to draw. The zero Options draw in English and without
// colour. A picture has colours of its own.
type Options struct {
	Lang   lang.Lang
	Colour bool // ANSI colours on a terminal
	// Segments says that there are some: they are the arrows, not the calls.
	// Acks draws the plain ACKs too, which else are folded away.
	Segments, Acks bool
	// Only draws no more of a recording than the lines with these events
	// (by Seq), as they stand in the whole; where it is empty, all is drawn.
	Only []int
}

// The columns of a terminal.
const (
	room     = 80
	gutter   = 4                   // outside each lifeline, for the tag
	inner    = room - 2*gutter - 2 // between the lifelines
	minArrow = 6                   // what an arrow needs at least
)

// Draw draws a recording to w, no line wider than 80 columns.
func Draw(w io.Writer, ev []Event, o Options) error {
	o.Segments = o.Segments || wired(ev)
	p := NewPrinter(w, o)
	for _, e := range ev {
		p.Event(e)
	}
	return p.Flush()
}

// Printer draws a recording as it grows. It holds back the last line, which
// the next event may turn into a ×2, until Flush. It is not for several
// goroutines at once.
type Printer struct {
	w      io.Writer
	o      Options
	scribe scribe
	begun  bool // not the first scene
	headed bool // the names of the sides stand over the scene
	err    error
}

// NewPrinter draws to w.
func NewPrinter(w io.Writer, o Options) *Printer {
	return &Printer{w: w, o: o, scribe: scribe{lang: o.Lang, wired: o.Segments, acks: o.Acks}}
}

// Event draws e. An error of the writer is kept for Flush.
func (p *Printer) Event(e Event) {
	for _, r := range p.scribe.add(e) {
		p.row(r)
	}
}

// Flush draws the line held back and gives the first error of the writer.
// More events may follow.
func (p *Printer) Flush() error {
	for _, r := range p.scribe.flush() {
		p.row(r)
	}
	return p.err
}

func (p *Printer) row(r row) {
	if len(p.o.Only) > 0 && !slices.ContainsFunc(r.seqs, func(seq int) bool { return slices.Contains(p.o.Only, seq) }) {
		return
	}
	if r.kind == Scene {
		if p.begun {
			p.line()
		}
		p.begun, p.headed = true, false
		for _, line := range Fold(r.text, room) {
			p.line(seg{line, bold})
		}
		return
	}
	if !p.headed {
		p.headed = true
		c, s := titles[left].in(p.o.Lang), titles[right].in(p.o.Lang)
		p.line(seg{pad(gutter - 1), plain}, seg{c, clientStyle},
			seg{pad(room - 2*(gutter-1) - Width(c) - Width(s)), plain}, seg{s, serverStyle})
	}
	if r.gap > 0 {
		text := "· · ·  " + spent(p.o.Lang, r.gap) + "  · · ·"
		space := inner - Width(text)
		p.between('┊', row{}, seg{pad(space / 2), plain}, seg{text, faint}, seg{pad(space - space/2), plain})
	}
	if r.kind == Note {
		p.note(r)
		return
	}
	p.call(r)
}

func (p *Printer) note(r row) {
	for _, line := range Fold(r.text, inner-2) {
		space, before := inner-Width(line), 1
		if r.side == across {
			before = space / 2
		}
		p.between('│', r, seg{pad(before), plain}, seg{line, noteStyle}, seg{pad(space - before), plain})
	}
}

// call sets the words of a call, or of a segment, beside its lifeline, and its
// arrow in the space that is left. A segment's arrow begins at the lifeline.
func (p *Printer) call(r row) {
	const beside = inner - 2 // a space at each lifeline
	need := 0
	if r.arrow != none {
		need = minArrow
	}
	verb := 6
	if r.kind == Sent {
		need, verb = minArrow+1, 0
	}
	words := r.words(p.o.Lang, beside-need, 40, verb)
	// To the far side of the words: the arrow, up to the other lifeline
	// (one column more than beside), or just space.
	rest := beside + 1 - segsWidth(words)
	shaft, tip, style := shafts[r.arrow], "▶", clientStyle
	if r.side == right {
		tip, style = "◀", serverStyle
		slices.Reverse(words) // all of it is turned round below
	}
	if r.arrow == abort || r.arrow == broken {
		style = errStyle
	}
	lead := []seg{{" ", plain}}
	if r.kind == Sent {
		rest--
		lead = []seg{{shaft, style}, {" ", plain}}
	}
	far := []seg{{pad(rest), plain}}
	if r.arrow != none {
		far = []seg{{" ", plain}, {strings.Repeat(shaft, rest-2), style}, {tip, style}}
	}
	if r.arrow == broken { // the error stands where the arrow ends, so it changes places
		far[2].text = "✗"
		end := len(words) - 1
		far = append(far, seg{" ", plain}, words[end], seg{" ", plain})
		words = words[:max(end-1, 0)] // without the space beside it
	}
	p.between('│', r, slices.Concat(lead, words, far)...)
}

var shafts = map[arrow]string{solid: "─", dotted: "┄", dashed: "╌", abort: "╌", broken: "─"}

// between draws one line with both lifelines, and the tag of r outside; the
// segments fill the space between them exactly, from the side of r.
func (p *Printer) between(life rune, r row, segs ...seg) {
	mine, other := seg{string(life), clientStyle}, seg{string(life), serverStyle}
	if r.side == right {
		mine.style, other.style = other.style, mine.style
	}
	if r.kind == Sent && life == '│' {
		mine.text = map[side]string{left: "├", right: "┤"}[r.side]
	}
	tag := Cut(r.tag, gutter-1)
	line := slices.Concat([]seg{{pad(gutter - 1 - Width(tag)), plain}, {tag, tagStyle(tag)}, {" ", plain}, mine}, segs, []seg{other})
	if r.side == right {
		line = append(line, seg{pad(gutter), plain})
		slices.Reverse(line)
	}
	p.line(line...)
}

func (p *Printer) line(segs ...seg) {
	var b strings.Builder
	for _, s := range segs {
		b.WriteString(p.paint(s))
	}
	if p.err == nil {
		_, p.err = io.WriteString(p.w, strings.TrimRight(b.String(), " ")+"\n")
	}
}

// seg is a piece of a line in one style.
type seg struct {
	text  string
	style style
}

func segsWidth(segs []seg) int {
	n := 0
	for _, s := range segs {
		n += Width(s.text)
	}
	return n
}

type style int

const (
	plain style = iota
	bold
	faint
	clientStyle
	serverStyle
	bytesStyle
	countStyle
	noteStyle
	errStyle
	endStyle
	tagStyle0 // and the next ones: one for each of several clients
)

// codes are the ANSI codes of a style.
var codes = map[style]string{
	bold: "1", faint: "90", clientStyle: "36", serverStyle: "32", bytesStyle: "94", countStyle: "1;33", noteStyle: "3;33", errStyle: "1;31", endStyle: "1",
	tagStyle0: "1;33", tagStyle0 + 1: "1;35", tagStyle0 + 2: "1;34", tagStyle0 + 3: "1;92", tagStyle0 + 4: "1;96",
}

// hue gives each of several clients a colour: the same name, the same colour.
func hue(tag string, n int) int {
	sum := 0
	for _, r := range tag {
		sum += int(r)
	}
	return sum % n
}

func tagStyle(tag string) style { return tagStyle0 + style(hue(tag, len(tagFills))) }

func (p *Printer) paint(s seg) string {
	if !p.o.Colour || s.style == plain || strings.TrimSpace(s.text) == "" {
		return s.text
	}
	return "\x1b[" + codes[s.style] + "m" + s.text + "\x1b[0m"
}
