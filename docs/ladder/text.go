package ladder

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// columns measures text as terminals draw it. What Unicode calls ambiguous
// (the lines and arrows of a ladder) counts as one column in every locale:
// else the same recording would be drawn differently from desk to desk.
var columns = runewidth.Condition{EastAsianWidth: false, StrictEmojiNeutral: true}

// Width is the number of terminal columns of s: two for a Chinese character.
// Each rune counts for itself: no terminal joins runes into something wider.
func Width(s string) int {
	w := 0
	for _, r := range s {
		w += columns.RuneWidth(r)
	}
	return w
}

// printable says whether r may go to a screen as it is. Control characters,
// and the format characters that reorder or hide text, may not.
func printable(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(unicode.Variation_Selector, r) && r != utf8.RuneError
}

// pieces cuts p into what one rune, or one byte that is no part of a rune,
// looks like on a screen; inside quotes, a quote is escaped too.
func pieces(p string, quoted bool) []string {
	var out []string
	for len(p) > 0 {
		r, size := utf8.DecodeRuneInString(p)
		piece := p[:size]
		switch {
		case r == utf8.RuneError && size == 1:
			piece = fmt.Sprintf(`\x%02x`, p[0])
		case quoted && (r == '"' || r == '\\'):
			piece = `\` + piece
		case printable(r):
		case strings.ContainsRune("\n\r\t", r):
			piece = strings.Trim(strconv.Quote(piece), `"`)
		case r < 0x100:
			piece = fmt.Sprintf(`\x%02x`, r)
		default:
			piece = fmt.Sprintf(`\u{%x}`, r)
		}
		out = append(out, piece)
		p = p[size:]
	}
	return out
}

// Clean makes s safe for a terminal: control characters, and those that
// reorder or hide text, are escaped.
func Clean(s string) string { return strings.Join(pieces(s, false), "") }

// quote shows n bytes of payload of which p is the beginning, in quotes and
// in at most room columns; "" where there is no room for even a rune.
func quote(p []byte, n, room int) string {
	all := pieces(string(p), true)
	whole := `"` + strings.Join(all, "") + `"`
	if n <= len(p) && Width(whole) <= room {
		return whole
	}
	text, used := `"`, Width(`"…"`)
	for _, piece := range all {
		if used += Width(piece); used > room {
			break
		}
		text += piece
	}
	if text == `"` {
		return ""
	}
	return text + `…"`
}

// Cut shortens s to at most room columns, the last of them "…".
func Cut(s string, room int) string {
	if Width(s) <= room {
		return s
	}
	if room < 1 {
		return ""
	}
	used := 1
	return s[:strings.IndexFunc(s, func(r rune) bool { used += columns.RuneWidth(r); return used > room })] + "…"
}

func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }

// Fold breaks s into lines of at most room columns, at spaces and between
// Chinese characters, never before a comma or full stop.
func Fold(s string, room int) []string {
	var lines []string
	line, space := "", ""
	for _, word := range words(s) {
		if word == " " {
			space = word
			continue
		}
		if line != "" && Width(line+space+word) > room {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += space
		}
		line, space = line+Cut(word, room), ""
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// words splits s into the pieces between which a line may break: words,
// spaces as " ", and Chinese characters, each with the punctuation that must
// not begin a line, or that must not end one.
func words(s string) (all []string) {
	before := ' '
	for _, r := range s {
		if breakable(before, r) {
			all = append(all, "")
		}
		all[len(all)-1] += string(r)
		before = r
	}
	return all
}

// breakable says whether a line may break between a and b.
func breakable(a, b rune) bool {
	switch {
	case a == ' ' || b == ' ':
		return true
	case strings.ContainsRune("，。：；！？、）」』》”’…", b), strings.ContainsRune("（「『《“‘", a):
		return false
	}
	return columns.RuneWidth(a) == 2 || columns.RuneWidth(b) == 2
}
