package scenes

import (
	"fmt"
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
				fmt.Fprintf(&body, "<rect class=\"m%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\"/>", m%5, x, y, width, high-4)
				fmt.Fprintf(&body, "<text xml:space=\"preserve\" x=\"%.1f\" y=\"%.1f\" textLength=\"%.1f\">%s</text>\n",
					x, y+15, width, escapeXML(text.String()[from:end]))
				x, from = x+width, end
			}
		}
		y += 6
	}
	row(fmt.Sprintf(l.Pick("%d messages in", "送进 %d 条消息"), len(borders)), 0, text.Len())
	y += 12
	at := 0
	for i, n := range reads {
		row(fmt.Sprintf(l.Pick("Read %d: %d B", "第 %d 次 Read：%d B"), i+1, n), at, at+n)
		at += n
	}
	if at != text.Len() {
		return fmt.Errorf("%d bytes were written and %d read", text.Len(), at)
	}
	title := l.Pick("Messages in, Reads out: each byte in the colour of its message", "消息进去，Read 出来：每个字节都是它那条消息的颜色")
	width, height := left+perLine*cell+26, y+14
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="bytes" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s" xml:lang="%s">
<title>%s</title>
<style>
.bytes text { font-family: 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace; font-size: 13.5px; fill: #24292f }
.bytes .title { font-size: 17px; font-weight: bold; text-anchor: middle }
.bytes .r { text-anchor: end }
.bytes .m0 { fill: #a9dfc0 } .bytes .m1 { fill: #ffe08a } .bytes .m2 { fill: #a9d8f5 } .bytes .m3 { fill: #e2c6f5 } .bytes .m4 { fill: #ffc7b8 }
</style>
<rect x="1" y="1" width="%.0f" height="%.0f" rx="12" fill="#fffdf8" stroke="#d9d3c3" stroke-width="1.5"/>
<text class="title" x="%.0f" y="38">%s</text>
%s</svg>
`, width, height, width, height, title, l, title, width-2, height-2, width/2, title, body.String())
	return err
}

func escapeXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
