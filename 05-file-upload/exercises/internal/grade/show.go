package grade

import (
	"fmt"
	"strings"
)

const perRow = 8

// Compare shows two byte sequences side by side, as hex and as text,
// around the first place where they differ.
func Compare(want, got string) string {
	first := 0
	for first < len(want) && first < len(got) && want[first] == got[first] {
		first++
	}
	var b strings.Builder
	switch {
	case want == got:
		b.WriteString("the same")
	case first == len(got):
		fmt.Fprintf(&b, "right as far as they go; byte %d and the rest are missing", first)
	case first == len(want):
		fmt.Fprintf(&b, "all that was expected and more, from byte %d", first)
	default:
		fmt.Fprintf(&b, "the first difference at byte %d", first)
	}
	fmt.Fprintf(&b, "\n%8s  %-35s%s", "byte", "expected", "came")
	begin := max(0, first/perRow-1) * perRow
	for off := begin; off < begin+4*perRow && off < max(len(want), len(got)); off += perRow {
		mark := " "
		if row(want, off) != row(got, off) {
			mark = "≠"
		}
		fmt.Fprintf(&b, "\n%s%7d  %-35s%s", mark, off, dump(row(want, off)), dump(row(got, off)))
	}
	return b.String()
}

func row(s string, off int) string {
	return s[min(off, len(s)):min(off+perRow, len(s))]
}

// dump is a row as "68 65 6c 6c 6f           |hello|".
func dump(s string) string {
	if s == "" {
		return "-"
	}
	text := []byte(s)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return fmt.Sprintf("%-*s |%s|", 3*perRow-1, fmt.Sprintf("% x", s), text)
}
