package ladder

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"example.com/dialtone/docs/internal/lang"
)

// Options say how to draw. The zero Options draw in English, 80 columns
// wide, without colour.
type Options struct {
	// Width is the number of columns on a terminal, 80 where it is 0; less
	// than 60 is drawn as 60. A picture has a width of its own.
	Width int
	Lang  lang.Lang
	// Colour asks for ANSI colours on a terminal.
	Colour bool
	// Title stands over the drawing, instead of the first scene's own.
	Title string
}

const (
	defaultWidth = 80
	minWidth     = 60
	gutter       = 4 // outside each lifeline, for the tag
)

// Draw draws a recording to w, no line wider than o.Width.
func Draw(w io.Writer, ev []Event, o Options) error {
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
	scribe *scribe
	merger merger
	titled bool // Title is used up
	headed bool // the names of the sides stand over the scene
	err    error
}

// NewPrinter draws to w.
func NewPrinter(w io.Writer, o Options) *Printer {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	o.Width = max(o.Width, minWidth)
	return &Printer{w: w, o: o, scribe: newScribe(o.Lang)}
}

// Event draws e. An error of the writer is kept for Flush.
func (p *Printer) Event(e Event) {
	r, ok := p.scribe.row(e)
	if !ok {
		return
	}
	for _, r := range p.merger.add(r) {
		p.row(r)
	}
}

// Flush draws the line held back and gives the first error of the writer.
// More events may follow.
func (p *Printer) Flush() error {
	for _, r := range p.merger.flush() {
		p.row(r)
	}
	return p.err
}

func (p *Printer) row(r row) {
	if r.kind == Scene {
		p.title(r.text)
		p.headed = false
		return
	}
	if !p.titled && p.o.Title != "" {
		p.title("")
	}
	if !p.headed {
		p.headed = true
		c, s := clientTitle.in(p.o.Lang), serverTitle.in(p.o.Lang)
		p.line(pad(gutter-1), seg{c, clientStyle},
			seg{pad(p.o.Width - 2*(gutter-1) - width(c) - width(s)), plain}, seg{s, serverStyle})
	}
	if r.gap > 0 {
		text := "· · ·  " + spent(p.o.Lang, r.gap) + "  · · ·"
		space := p.inner() - width(text)
		p.between('┊', "", "", seg{pad(space / 2), plain}, seg{text, faint}, seg{pad(space - space/2), plain})
	}
	if r.kind == Note {
		p.note(r)
		return
	}
	p.call(r)
}

func (p *Printer) title(text string) {
	if !p.titled && p.o.Title != "" {
		text = clean(p.o.Title)
	}
	p.titled = true
	for _, line := range fold(text, p.o.Width) {
		p.line("", seg{line, bold})
	}
}

// inner is the number of columns between the lifelines.
func (p *Printer) inner() int { return p.o.Width - 2*gutter - 2 }

func (p *Printer) note(r row) {
	lines := fold(r.text, p.inner()-2)
	for _, line := range lines {
		space := p.inner() - width(line)
		before := space / 2
		switch r.side {
		case left:
			before = 1
		case right:
			before = space - 1
		}
		lt, rt := "", ""
		if r.side == left {
			lt = r.tag
		} else {
			rt = r.tag
		}
		p.between('│', lt, rt, seg{pad(before), plain}, seg{line, noteStyle}, seg{pad(space - before), plain})
	}
}

// minArrow is the shortest arrow worth drawing, in columns.
const minArrow = 6

// call sets the words of a call beside its lifeline and its arrow in the
// space that is left.
func (p *Printer) call(r row) {
	room := p.inner() - 2 // a space beside each lifeline
	need := 0
	if r.arrow != none {
		need = minArrow
	}
	verb := seg{r.verb, bold}
	if short := 6 - width(r.verb); short > 0 {
		if r.side == left {
			verb.text += pad(short)
		} else {
			verb.text = pad(short) + verb.text
		}
	}
	// What gives way first, where a line would be too long: the payload,
	// then the remark, then what the error means, then the phone's word.
	word, remark, err := r.word, r.remark, r.err
	fixed := func() int {
		n := width(verb.text)
		for _, s := range []string{word, r.info, r.size(p.o.Lang), r.times(), remark, err} {
			if s != "" {
				n += 2 + width(s)
			}
		}
		return n + need
	}
	if fixed() > room {
		remark = ""
	}
	if over := fixed() - room; over > 0 && err != "" {
		err = cut(err, max(width(err)-over, width(r.err)/2))
	}
	if fixed() > room {
		word = ""
	}
	info := r.info
	if over := fixed() - room; over > 0 {
		info = cut(info, max(width(info)-over, 0))
	}
	payload := ""
	if r.sized && len(r.head) > 0 {
		total := r.n
		payload = quote(r.head, total, min(room-fixed()-2, 40))
	}

	parts := []seg{verb, {word, faint}, {info, plain}, {payload, bytesStyle},
		{r.size(p.o.Lang), plain}, {r.times(), countStyle}, {remark, faint}}
	fail := seg{err, errStyle}
	if r.side == right {
		parts = []seg{{remark, faint}, {payload, bytesStyle}, {r.size(p.o.Lang), plain},
			{r.times(), countStyle}, {info, plain}, {word, faint}, verb}
	}
	if r.arrow != broken {
		if r.side == right {
			parts = append([]seg{fail}, parts...)
		} else {
			parts = append(parts, fail)
		}
	}
	line := spaced(parts)
	rest := room - segsWidth(line)
	var fill []seg
	switch r.arrow {
	case none:
		fill = []seg{{pad(rest + 1), plain}}
	case broken:
		shaft := max(rest-width(err)-4, 2)
		fill = []seg{{" ", plain}, {strings.Repeat("─", shaft) + "✗", errStyle}, {" ", plain}, fail}
		fill = append(fill, seg{pad(rest + 1 - segsWidth(fill)), plain})
		if r.side == right {
			fill = []seg{{pad(rest - shaft - 2 - width(err)), plain}, fail, {" ", plain},
				{"✗" + strings.Repeat("─", shaft), errStyle}, {" ", plain}}
		}
	default:
		shaft, style := shafts[r.arrow], sideStyle(r.side)
		if r.arrow == abort {
			style = errStyle
		}
		fill = []seg{{" ", plain}, {strings.Repeat(shaft, max(rest-1, 1)) + "▶", style}}
		if r.side == right {
			fill = []seg{{"◀" + strings.Repeat(shaft, max(rest-1, 1)), style}, {" ", plain}}
		}
	}
	if r.side == right {
		line = append(fill, append(line, seg{" ", plain})...)
		p.between('│', "", r.tag, line...)
	} else {
		line = append([]seg{{" ", plain}}, append(line, fill...)...)
		p.between('│', r.tag, "", line...)
	}
}

var shafts = map[arrow]string{solid: "─", dotted: "┄", dashed: "╌", abort: "╌"}

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

// between draws one line with both lifelines; the segments fill the space
// between them exactly.
func (p *Printer) between(life rune, leftTag, rightTag string, segs ...seg) {
	leftTag, rightTag = cut(leftTag, gutter-1), cut(rightTag, gutter-1)
	line := []seg{{pad(gutter - 1 - width(leftTag)), plain}, {leftTag, tagStyle(leftTag)}, {" ", plain},
		{string(life), clientStyle}}
	line = append(line, segs...)
	line = append(line, seg{string(life), serverStyle})
	if rightTag != "" {
		line = append(line, seg{" ", plain}, seg{rightTag, tagStyle(rightTag)})
	}
	p.line("", line...)
}

func (p *Printer) line(indent string, segs ...seg) {
	var b strings.Builder
	b.WriteString(indent)
	for _, s := range segs {
		b.WriteString(p.paint(s))
	}
	b.WriteByte('\n')
	if p.err == nil {
		_, p.err = io.WriteString(p.w, b.String())
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
		n += width(s.text)
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
	tagStyle0 // and the next ones: one for each of several clients
)

var palette = []color.Attribute{color.FgYellow, color.FgMagenta, color.FgBlue, color.FgHiGreen, color.FgHiCyan}

var attributes = map[style][]color.Attribute{
	bold:        {color.Bold},
	faint:       {color.FgHiBlack},
	clientStyle: {color.FgCyan},
	serverStyle: {color.FgGreen},
	bytesStyle:  {color.FgHiBlue},
	countStyle:  {color.Bold, color.FgYellow},
	noteStyle:   {color.Italic, color.FgYellow},
	errStyle:    {color.Bold, color.FgRed},
}

func sideStyle(s side) style {
	if s == right {
		return serverStyle
	}
	return clientStyle
}

// hue gives each of several clients a colour: the same name, the same colour.
func hue(tag string, n int) int {
	sum := 0
	for _, r := range tag {
		sum += int(r)
	}
	return sum % n
}

func tagStyle(tag string) style { return tagStyle0 + style(hue(tag, len(palette))) }

func (p *Printer) paint(s seg) string {
	if !p.o.Colour || s.style == plain || strings.TrimSpace(s.text) == "" {
		return s.text
	}
	attr := attributes[s.style]
	if s.style >= tagStyle0 {
		attr = []color.Attribute{color.Bold, palette[s.style-tagStyle0]}
	}
	c := color.New(attr...)
	c.EnableColor() // whether to colour has been decided: see Options
	return c.Sprint(s.text)
}

// String makes an event readable in a test's output.
func (e Event) String() string {
	s := fmt.Sprintf("%d %s %s", e.Seq, e.Who, e.Kind)
	if e.Kind == Read || e.Kind == Write {
		s += fmt.Sprintf(" %d B %s", e.N, quote(e.Head, e.N, 40))
	}
	if e.Pending {
		s += " (pending)"
	}
	if e.Err != "" {
		s += " " + e.Err
	}
	return s
}
