package scenes

import (
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// bytesFigure draws, from a recording in which the server speaks, messages
// in and Reads out: every byte in the colour of the message that it came
// from. Each of the server's Writes is a message. Lesson 4's chapter shows
// it.
func bytesFigure(w io.Writer, ev []ladder.Event, l lang.Lang) error {
	var text strings.Builder
	var borders, reads []int // where a message begins; how much a Read got
	for _, e := range ev {
		switch {
		case e.Kind == ladder.Write && e.Who == "server":
			if len(e.Head) != e.N {
				return fmt.Errorf("event %d: %d bytes, of which only %d are kept", e.Seq, e.N, len(e.Head))
			}
			borders = append(borders, text.Len())
			text.Write(e.Head)
		case e.Kind == ladder.Read && e.Who == "client" && e.N > 0:
			reads = append(reads, e.N)
		}
	}
	const (
		perLine, cell, high = 77, 8.2, 24.0
		left, top           = 170.0, 74.0
	)
	var body strings.Builder
	y := top
	// row draws the bytes from..to, in as many lines as they need.
	row := func(label string, from, to int) {
		fmt.Fprintf(&body, "<text class=\"r\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", left-14, y+16, label)
		for ; from < to; y += high {
			line := min(to, from+perLine)
			for x := left; from < line; {
				m, begins := slices.BinarySearch(borders, from)
				if !begins {
					m--
				}
				end := line
				if m+1 < len(borders) {
					end = min(end, borders[m+1])
				}
				width := float64(end-from) * cell
				fmt.Fprintf(&body, "<rect fill=%q x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\"/>", tints[m%len(tints)], x, y, width, high-4)
				fmt.Fprintf(&body, "<text xml:space=\"preserve\" x=\"%.1f\" y=\"%.1f\" textLength=\"%.1f\">%s</text>\n",
					x, y+15, width, html.EscapeString(text.String()[from:end]))
				x, from = x+width, end
			}
		}
		y += 6
	}
	row(fmt.Sprintf(l.Pick("%d messages in", "写入 %d 条消息"), len(borders)), 0, text.Len())
	y += 12
	at := 0
	for i, n := range reads {
		row(fmt.Sprintf(l.Pick("Read %d: %d B", "第 %d 次 Read：%d B"), i+1, n), at, at+n)
		at += n
	}
	if at != text.Len() {
		return fmt.Errorf("%d bytes were written and %d read", text.Len(), at)
	}
	title := l.Pick("Messages in, Reads out: each byte in the colour of its message", "写入的消息与每次 Read 读到的字节：同一条消息同一种颜色")
	width, height := left+perLine*cell+26, y+14
	ladder.Card(w, title, title, width, height, l)
	_, err := fmt.Fprintf(w, "<text class=\"title m\" x=\"%.0f\" y=\"38\">%s</text>\n%s</svg>\n", width/2, title, body.String())
	return err
}

// tints are the colours of the messages.
var tints = []string{"#a9dfc0", "#ffe08a", "#a9d8f5", "#e2c6f5", "#ffc7b8"}
