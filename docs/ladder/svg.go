package ladder

import (
	"bufio"
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"strings"

	"example.com/dialtone/docs/internal/lang"
)

// Column is the width of a column of text in a picture, in points of its own
// coordinates: that of the widest of the fonts below.
const Column = 0.603 * fontSize

// The measures of a picture, in the same points.
const (
	svgWidth  = 840.0
	lifeLeft  = 58.0
	lifeRight = svgWidth - lifeLeft
	fontSize  = 13.5
	em        = Column
	textInset = 14.0 // from a lifeline to the words beside it
	svgMargin = 10.0 // around the card
	headRoom  = 30.0 // the boxes at the top of the lifelines
)

// svgColumns is how many columns of text fit between the lifelines: each
// is em wide.
const svgColumns = 85

const fonts = `'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace`

// SVGStyle are the rules of a picture, which stand in it. They name it, so
// that they touch nothing else on a page that contains it.
const SVGStyle = `
.ladder text { font-family: ` + fonts + `; font-size: 13.5px; fill: #24292f }
.ladder .title { font-size: 17px; font-weight: bold }
.ladder .name { font-weight: bold; fill: #fff }
.ladder .b { font-weight: bold }
.ladder .w { fill: #6b7280 }
.ladder .p { fill: #0b5cad }
.ladder .n { fill: #9a5b00; font-weight: bold }
.ladder .e { fill: #c4161c; font-weight: bold }
.ladder .o { font-weight: bold }
.ladder .note { fill: #7a4a00 }
.ladder .tag { fill: #fff; font-weight: bold; font-size: 12px; text-anchor: middle }
.ladder .r { text-anchor: end }
.ladder .m { text-anchor: middle }
.ladder .c { stroke: #0e7490 }
.ladder .s { stroke: #2f7d32 }
.ladder .x { stroke: #c4161c }
.ladder .line { stroke-width: 1.7; fill: none }
.ladder .cf { fill: #0e7490 }
.ladder .sf { fill: #2f7d32 }
.ladder .xf { fill: #c4161c }
.ladder .of { fill: #57534e }
`

// tagFills are the colours of the badges, as many as a terminal has for them.
var tagFills = []string{"#b45309", "#9d2a8f", "#1d4ed8", "#15803d", "#be123c"}

// SVG draws a recording as a picture, 840 points wide: an opaque card, so
// that it reads the same on a light page and a dark one.
func SVG(w io.Writer, ev []Event, l lang.Lang) error {
	return draw(w, ev, l, false)
}

// SVGCalls is SVG for a page that answers when a call is clicked: each stands
// in a <g data-seqs="3 4">, which names the events that it draws.
func SVGCalls(w io.Writer, ev []Event, l lang.Lang) error { return draw(w, ev, l, true) }

func draw(w io.Writer, ev []Event, l lang.Lang, calls bool) error {
	d := &svg{lang: l, last: make(map[side]dot), calls: calls}
	s := scribe{lang: l, wired: wired(ev)}
	for _, e := range ev {
		d.rows(s.add(e))
	}
	d.rows(s.flush())
	d.endScene()
	return d.write(w)
}

type svg struct {
	lang  lang.Lang
	title string // the first scene's: what the picture is called
	open  bool   // between the heads of the lifelines and their ends
	top   float64
	y     float64
	back  strings.Builder // lifelines, under everything else
	body  strings.Builder
	story []string // the rows in words, for those who do not see them
	last  map[side]dot
	calls bool // in groups of their own
}

func (d *svg) printf(format string, args ...any) { fmt.Fprintf(&d.body, format, args...) }

func (d *svg) write(w io.Writer) error {
	out := bufio.NewWriter(w)
	Card(out, cmp.Or(d.title, d.lang.Pick("A call", "一次通话")), strings.Join(d.story, "\n"), svgWidth, d.y+2*svgMargin+6, d.lang)
	out.WriteString(d.back.String())
	out.WriteString(d.body.String())
	out.WriteString("</svg>\n")
	return out.Flush()
}

// Card begins a picture: its size, its title, what it shows in words, the
// fonts and colours of a ladder, and the card it is drawn on.
func Card(w io.Writer, title, story string, width, height float64, l lang.Lang) {
	title = html.EscapeString(title)
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="ladder" width="%g" height="%.0f" viewBox="0 0 %g %.0f" role="img" aria-label="%s" xml:lang="%s">`+"\n",
		width, height, width, height, title, l.Pick("en", "zh-CN"))
	fmt.Fprintf(w, "<title>%s</title>\n<desc>%s</desc>\n", title, html.EscapeString(story))
	fmt.Fprintf(w, "<style>%s</style>\n", SVGStyle)
	fmt.Fprintf(w, `<rect x="1" y="1" width="%g" height="%.0f" rx="12" fill="#fffdf8" stroke="#d9d3c3" stroke-width="1.5"/>`+"\n",
		width-2, height-2)
}

func (d *svg) rows(all []row) {
	for _, r := range all {
		if r.kind == Scene {
			d.endScene()
			d.heading(r.text)
			continue
		}
		if !d.open {
			d.heads()
		}
		if r.gap > 0 {
			d.gap(spent(d.lang, r.gap))
		}
		top := d.y + 5 // an arrow falls that far
		if d.calls {
			d.printf(`<g data-seqs="%s">`, strings.Trim(fmt.Sprint(r.seqs), "[]"))
		}
		if r.kind == Note {
			d.note(r)
		} else {
			d.call(r)
		}
		if d.calls {
			d.printf(`<rect class="hit" fill="none" pointer-events="all" x="0" y="%.1f" width="%g" height="%.1f"/></g>`+"\n", top, svgWidth, d.y+5-top)
		}
	}
}

func (d *svg) heading(text string) {
	d.title = cmp.Or(d.title, text)
	if d.y == 0 {
		d.y = svgMargin + 4
	} else {
		d.y += 18
	}
	for _, line := range Fold(text, 70) {
		d.y += 24
		d.printf(`<text class="title m" x="%g" y="%.1f">%s</text>`+"\n", svgWidth/2, d.y, html.EscapeString(line))
	}
	d.y += 6
}

func (d *svg) heads() {
	d.open = true
	d.y = max(d.y, svgMargin) + 10
	for _, s := range []side{left, right} {
		const w = 76.0
		x, fill, _ := lifeline(s)
		d.printf(`<rect class="%s" x="%.1f" y="%.1f" width="%g" height="26" rx="7"/>`, fill, x-w/2, d.y, w)
		d.printf(`<text class="name m" x="%.1f" y="%.1f">%s</text>`+"\n", x, d.y+17.5, titles[s].in(d.lang))
	}
	d.y += headRoom
	d.top = d.y - 4
}

// lifeline is where a side's stands, its colour, and which way is out.
func lifeline(s side) (x float64, fill string, out float64) {
	if s == right {
		return lifeRight, "sf", 1
	}
	return lifeLeft, "cf", -1
}

// endScene lets the lifelines end.
func (d *svg) endScene() {
	if !d.open {
		return
	}
	d.open = false
	d.y += 10
	d.life(d.top, d.y, "")
	for _, x := range []float64{lifeLeft, lifeRight} {
		fmt.Fprintf(&d.back, `<path d="M%.1f %.1fh14" stroke="#b9b3a3" stroke-width="2"/>`+"\n", x-7, d.y)
	}
}

func (d *svg) life(from, to float64, dash string) {
	for _, x := range []float64{lifeLeft, lifeRight} {
		fmt.Fprintf(&d.back, `<path d="M%.1f %.1fV%.1f" stroke="#b9b3a3" stroke-width="2"%s/>`+"\n", x, from, to, dash)
	}
}

// gap lets time pass: the lifelines are dotted for a while.
func (d *svg) gap(text string) {
	const height = 30.0
	d.life(d.top, d.y+5, "")
	d.life(d.y+5, d.y+5+height, ` stroke-dasharray="2 5"`)
	d.top = d.y + 5 + height
	d.printf(`<text xml:space="preserve" class="w m" x="%g" y="%.1f">· · ·  %s  · · ·</text>`+"\n", svgWidth/2, d.y+5+height/2+4, text)
	d.y += 5 + height
}

func (d *svg) note(r row) {
	lines := Fold(r.text, min(svgColumns-4, 76))
	d.y += 8
	widest := 0
	for _, line := range lines {
		widest = max(widest, Width(line))
	}
	w := float64(widest)*em + 24
	h := float64(len(lines))*19 + 10
	x := svgWidth/2 - w/2
	switch r.side {
	case left:
		x = lifeLeft + textInset
	case right:
		x = lifeRight - textInset - w
	}
	d.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="8" fill="#fdf0cf"/>`+"\n", x, d.y, w, h)
	for i, line := range lines {
		d.printf(`<text class="note m" x="%.1f" y="%.1f">%s</text>`+"\n", x+w/2, d.y+18+19*float64(i), html.EscapeString(line))
	}
	d.y += h + 4
	d.tell(r, strings.Join(lines, " "))
}

// dot is where a call was drawn on its lifeline.
type dot struct {
	y    float64
	kind Kind
	tag  string
}

// call draws a call: its words beside the lifeline, and under them the
// arrow, which falls a little, because time passes. A segment's words stand
// further in, and a band along the lifeline leads to it from its call.
func (d *svg) call(r row) {
	const arrowRoom, fall = 13.0, 5.0
	rowHeight, inset, size := 25.0, textInset, ""
	if r.kind == Sent {
		rowHeight, inset, size = 17, textInset+16, ` style="font-size: 12px"`
	}
	d.y += rowHeight
	base := d.y - 8 // of the text
	segs := r.words(d.lang, svgColumns, 44, 0)
	x, fill, out := lifeline(r.side)
	class := "t"
	if r.side == right {
		class = "t r"
	}
	d.printf(`<text xml:space="preserve" class="%s" x="%.1f" y="%.1f"%s>`, class, x-out*inset, base, size)
	told := ""
	for _, s := range segs {
		told += s.text
		if name := svgClass[s.style]; name != "" {
			d.printf(`<tspan class="%s">%s</tspan>`, name, html.EscapeString(s.text))
		} else {
			d.printf(`%s`, html.EscapeString(s.text))
		}
	}
	d.printf("</text>\n")
	d.tell(r, told)
	d.mark(r, base-4.5)
	if from := d.last[r.side]; r.kind == Sent && from.kind == r.by && from.tag == r.tag {
		fmt.Fprintf(&d.back, `<rect class="%s" opacity=".4" x="%.1f" y="%.1f" width="7" height="%.1f"/>`+"\n", fill, x-3.5, from.y, base+7-from.y)
	}

	if r.arrow == none {
		return
	}
	d.y += arrowRoom
	from, stroke, extra := x-out*2, fill[:1], ""
	to, y1 := svgWidth-from, d.y-arrowRoom+2
	y2 := y1 + fall
	switch r.arrow {
	case dotted:
		extra = ` stroke-dasharray="2 5"`
	case dashed:
		extra = ` stroke-dasharray="8 5"`
	case abort:
		stroke, extra = "x", ` stroke-dasharray="8 5"`
	case broken:
		stroke = "x"
		to = from + (to-from)*0.72
		y2 = y1 + fall*0.72
	}
	angle := math.Atan2(y2-y1, to-from)
	head := func(along, aside float64) (float64, float64) {
		return to - along*math.Cos(angle) - aside*math.Sin(angle), y2 - along*math.Sin(angle) + aside*math.Cos(angle)
	}
	if r.arrow == broken {
		d.printf(`<path class="line x" d="M%.1f %.1fL%.1f %.1f"/>`, from, y1, to, y2)
		d.printf(`<path class="line x" stroke-linecap="round" d="M%.1f %.1fl10 10m0 -10l-10 10"/>`+"\n", to-5, y2-5)
		return
	}
	ax, ay := head(9, 0)
	bx, by := head(11, 4.6)
	cx, cy := head(11, -4.6)
	d.printf(`<path class="line %s" d="M%.1f %.1fL%.1f %.1f"%s/>`, stroke, from, y1, ax, ay, extra)
	d.printf(`<path class="%sf" d="M%.1f %.1fL%.1f %.1fL%.1f %.1fZ"/>`+"\n", stroke, to, y2, bx, by, cx, cy)
}

// mark puts a dot on the lifeline where the call is made, and the badge of
// the client that it is about outside.
func (d *svg) mark(r row, y float64) {
	if r.kind != Sent {
		d.last[r.side] = dot{y, r.kind, r.tag}
	}
	x, fill, out := lifeline(r.side)
	switch {
	case r.kind == Sent: // its arrow begins there
	case r.end:
		d.printf(`<circle class="of" cx="%.1f" cy="%.1f" r="5.5"/><path d="M%.1f %.1fh6" stroke="#fff" stroke-width="1.8"/>`+"\n",
			x, y, x-3, y)
	case r.err != "":
		d.printf(`<circle class="xf" cx="%.1f" cy="%.1f" r="5.5"/><path d="M%.1f %.1fl5 5m0 -5l-5 5" stroke="#fff" stroke-width="1.6"/>`+"\n",
			x, y, x-2.5, y-2.5)
	case r.kind == Read || r.kind == Accept:
		d.printf(`<circle class="%s" cx="%.1f" cy="%.1f" r="5"/>`+"\n", fill, x, y)
	default:
		d.printf(`<circle cx="%.1f" cy="%.1f" r="4" fill="#fffdf8" class="%s" stroke-width="2"/>`+"\n", x, y, fill[:1])
	}
	if r.tag == "" {
		return
	}
	tag := Cut(r.tag, 3)
	w := max(20, float64(Width(tag))*7.5+9)
	cx := x + out*(14+w/2)
	d.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="19" rx="9.5" fill="%s"/><text class="tag" x="%.1f" y="%.1f">%s</text>`+"\n",
		cx-w/2, y-9.5, w, tagFills[hue(tag, len(tagFills))], cx, y+4.3, html.EscapeString(tag))
}

var svgClass = map[style]string{bold: "b", faint: "w", bytesStyle: "p", countStyle: "n", errStyle: "e", endStyle: "o"}

// tell adds a row to the description.
func (d *svg) tell(r row, words string) {
	if r.side != across {
		words = strings.TrimSpace(titles[r.side].in(d.lang)+" "+r.tag) + d.lang.Pick(": ", "：") + words
	}
	d.story = append(d.story, words)
}
