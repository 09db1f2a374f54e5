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

// width is the number of columns of s, each rune for itself: no terminal
// joins runes into something wider than that.
func width(s string) int {
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

func escape(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	if r < 0x100 {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u{%x}`, r)
}

// pieces cuts payload into what one rune, or one byte that is no part of a
// rune, looks like inside quotes.
func pieces(p []byte) []string {
	var out []string
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, fmt.Sprintf(`\x%02x`, p[0]))
		case r == '"' || r == '\\':
			out = append(out, `\`+string(r))
		case printable(r):
			out = append(out, string(r))
		default:
			out = append(out, escape(r))
		}
		p = p[size:]
	}
	return out
}

// quote shows n bytes of payload of which p is the beginning, in quotes and
// in at most room columns; "" where there is no room for even a rune.
func quote(p []byte, n, room int) string {
	all := pieces(p)
	whole := `"` + strings.Join(all, "") + `"`
	if n <= len(p) && width(whole) <= room {
		return whole
	}
	const tail = `…"`
	var b strings.Builder
	b.WriteByte('"')
	used := 1 + width(tail)
	for i, piece := range all {
		if used += width(piece); used > room {
			if i == 0 {
				return ""
			}
			break
		}
		b.WriteString(piece)
	}
	if used <= room || b.Len() > 1 {
		return b.String() + tail
	}
	return ""
}

// clean makes any text safe for a screen: what is not printable is escaped.
func clean(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !printable(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case printable(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
		i += size
	}
	return b.String()
}

// cut shortens s to at most room columns, the last of them "…".
func cut(s string, room int) string {
	if width(s) <= room {
		return s
	}
	if room < 1 {
		return ""
	}
	used := 1
	for i, r := range s {
		if used += columns.RuneWidth(r); used > room {
			return s[:i] + "…"
		}
	}
	return s
}

func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }

// fold breaks text into lines of at most room columns: at spaces, and
// between Chinese characters, where no space is needed.
func fold(s string, room int) []string {
	var lines []string
	var line strings.Builder
	used, space := 0, false
	for _, word := range words(s) {
		if word == " " {
			space = used > 0
			continue
		}
		w := width(word)
		if space && used+1+w <= room {
			line.WriteByte(' ')
			used++
		} else if used > 0 && used+w > room || space {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		space = false
		if w > room {
			word = cut(word, room)
			w = width(word)
		}
		line.WriteString(word)
		used += w
	}
	if used > 0 {
		lines = append(lines, line.String())
	}
	return lines
}

// words splits s into the pieces between which a line may break: words,
// spaces as " ", and Chinese characters, each with the punctuation that must
// not begin a line, or that must not end one.
func words(s string) []string {
	var out []string
	start, before := 0, ' '
	for i, r := range s {
		if i > 0 && breakable(before, r) {
			out = append(out, s[start:i])
			start = i
		}
		before = r
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// breakable says whether a line may break between a and b.
func breakable(a, b rune) bool {
	switch {
	case a == ' ' || b == ' ':
		return true
	case strings.ContainsRune("，。：；！？、）」』》”’…", b), strings.ContainsRune("（「『《", a):
		return false
	}
	return columns.RuneWidth(a) == 2 || columns.RuneWidth(b) == 2
}

// bytesText is a byte count as the course writes them: "341 B", "1048576 B".
func bytesText(n int) string { return strconv.Itoa(n) + " B" }

// Width is the number of terminal columns of s: two for a Chinese character.
func Width(s string) int { return width(s) }

// Clean makes s safe for a terminal: control characters, and those that
// reorder or hide text, are escaped.
func Clean(s string) string { return clean(s) }

// Fold breaks s into lines of at most room columns, at spaces and between
// Chinese characters, never before a comma or full stop.
func Fold(s string, room int) []string { return fold(s, max(room, 2)) }

// Cut shortens s to at most room columns and marks that with "…".
func Cut(s string, room int) string { return cut(s, room) }
