// Package sketch draws what no run can record: a drawing in box characters
// (docs/figures/NAME.txt, NAME.zh-CN.txt) becomes a picture whose text can
// be selected.
//
// The first line of a drawing is its title. Below a line "---" stand the
// styles, a line each: a class of the ladder's pictures and the words that
// have it; a space inside one is written "·".
package sketch

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// The measures of a cell: a Chinese character takes two.
const (
	width, height = ladder.Column, 17.0
	margin        = 16.0
)

// strokes are the lines of a box character from the middle of its cell to
// its edges.
var strokes = map[rune]string{
	'─': "lr", '│': "ud", '┌': "rd", '┐': "ld", '└': "ru", '┘': "lu",
	'├': "rud", '┤': "lud", '┬': "lrd", '┴': "lru", '┼': "lrud",
}

var edges = map[rune]string{'l': "h-4.1", 'r': "h4.1", 'u': "v-8.5", 'd': "v8.5"}

// heads are the tips of arrows, and the edge that the line comes from.
var heads = map[rune][2]string{
	'▶': {"m4.1 0l-9 -5v10z", "l"}, '◀': {"m-4.1 0l9 -5v10z", "r"},
	'▼': {"m0 8.5l-5 -9h10z", "u"}, '▲': {"m0 -8.5l-5 9h10z", "d"},
}

// SVG draws a drawing.
func SVG(w io.Writer, drawing string, l lang.Lang) error {
	drawing, rest, _ := strings.Cut(drawing, "\n---\n")
	title, drawing, _ := strings.Cut(drawing, "\n")
	var classes []string // "class word"
	for line := range strings.Lines(rest) {
		words := strings.Fields(line)
		for _, word := range words[1:] {
			classes = append(classes, words[0]+" "+strings.ReplaceAll(word, "·", " "))
		}
	}
	lines := strings.Split(strings.TrimRight(drawing, "\n"), "\n")
	columns := 0
	var lineart, tips, text strings.Builder
	for y, line := range lines {
		columns = max(columns, ladder.Width(line))
		x, run := 0, ""
		flush := func() {
			tell(&text, x-ladder.Width(run), y, strings.TrimRight(run, " "), classes)
			run = ""
		}
		for _, r := range line {
			switch {
			case strokes[r]+heads[r][1] != "":
				flush()
				for _, edge := range strokes[r] + heads[r][1] {
					fmt.Fprintf(&lineart, "M%.1f %.1f%s", middle(x), row(y), edges[edge])
				}
				if heads[r][0] != "" {
					fmt.Fprintf(&tips, "M%.1f %.1f%s", middle(x), row(y), heads[r][0])
				}
			case r != ' ' || run != "":
				run += string(r)
				if strings.HasSuffix(run, "  ") { // two spaces end a run: the next begins in its own column
					x++
					flush()
					continue
				}
			}
			x += ladder.Width(string(r))
		}
		flush()
	}
	out := bufio.NewWriter(w)
	ladder.Card(out, title, drawing, float64(columns)*width+2*margin, row(len(lines))+margin/2, l)
	fmt.Fprintf(out, "<path d=\"%s\" fill=\"none\" stroke=\"#8a8474\" stroke-width=\"1.6\" stroke-linecap=\"square\"/>\n<path d=\"%s\" fill=\"#57534e\"/>\n", &lineart, &tips)
	fmt.Fprintf(out, "%s</svg>\n", &text)
	return out.Flush()
}

func middle(x int) float64 { return margin + (float64(x)+0.5)*width }
func row(y int) float64    { return margin + (float64(y)+0.5)*height }

// tell writes a run of text that begins in column x, with its words styled.
// textLength holds it to its columns, whatever font the reader has.
func tell(w io.Writer, x, y int, run string, classes []string) {
	for run != "" {
		at, word, class := len(run), "", ""
		for _, c := range classes {
			name, want, _ := strings.Cut(c, " ")
			if i := strings.Index(run, want); i >= 0 && i < at {
				at, word, class = i, want, name
			}
		}
		for _, piece := range [][2]string{{"", run[:at]}, {class, word}} {
			shown := strings.TrimSpace(piece[1])
			if shown != "" {
				indent := x + ladder.Width(piece[1]) - ladder.Width(strings.TrimLeft(piece[1], " "))
				fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\" textLength=\"%.1f\" class=%q>%s</text>\n",
					margin+float64(indent)*width, row(y)+5, float64(ladder.Width(shown))*width, piece[0], html.EscapeString(shown))
			}
			x += ladder.Width(piece[1])
		}
		run = run[at+len(word):]
	}
}
