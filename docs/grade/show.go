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
	b.WriteString("\n" + table(want, got, first))
	return b.String()
}

// table shows four rows of both, from the one before byte first on.
func table(want, got string, first int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%8s  %-35s%s", "byte", "expected", "came")
	begin, end := max(0, first/perRow-1)*perRow, max(len(want), len(got))
	for off := begin; off < begin+4*perRow && off < end; off += perRow {
		mark := " "
		if row(want, off) != row(got, off) {
			mark = "≠"
		}
		fmt.Fprintf(&b, "\n%s%7d  %-35s%s", mark, off, dump(row(want, off)), dump(row(got, off)))
	}
	if begin+4*perRow < end {
		fmt.Fprintf(&b, "\n%8s", "…")
	}
	return b.String()
}

// Short quotes s, or its beginning and "…".
func Short(s string) string {
	const enough = 24
	if r := []rune(s); len(r) > enough {
		return fmt.Sprintf("%q…", string(r[:enough]))
	}
	return fmt.Sprintf("%q", s)
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
