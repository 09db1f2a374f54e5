package safename_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/dialtone/05-file-upload/exercises/safename"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { safename.Check("a") })

// A rule is what some names are about.
type rule struct {
	means string
	names []string
}

func check(t *testing.T, good bool, rules ...rule) {
	t.Helper()
	for _, r := range rules {
		for _, name := range r.names {
			c := grade.Case{Did: fmt.Sprintf("Check(%+q), %d bytes", name, len(name)), Means: r.means}
			err := c.Do(t, func() error { return safename.Check(name) })
			if good {
				c.NoError(t, err)
			} else {
				c.True(t, err != nil, "an error that says why not", "no error (nil)")
			}
		}
	}
}

func TestCheckTakes(t *testing.T) {
	check(t, true,
		rule{"the rule is stricter than the task: it lists what is bad, and all else is good", []string{
			"a", "film.mp4", "电影.mp4", "a film (2).mp4", ".profile", "-rf", "~", "a..b", "..a", "a:b", "a::b", "a?b", "*", "a;b|c", "e\u0301",
			"🎬", "\u202egpj.exe", "a\u200bb", "\u200b", "a\ufffd"}},
		rule{"255 bytes are allowed, 256 are not", []string{strings.Repeat("a", 255), strings.Repeat("电", 85)}},
		rule{"the whole of what is before the first dot or colon has to be the device's name", []string{
			"CONSOLE", "COM", "LPT", "COM10", "COM12", "LPT123", "COM1a", "C ON", "COMa", "LPTX", "NULL", "aCON", "a.CON", "AUX1", "CON1",
			"my con.txt", "COM٣", "CON$", "con;1"}},
	)
}

func TestCheckRefuses(t *testing.T) {
	check(t, false,
		rule{`both / and \ are separators, here or on the next machine; package filepath knows only this one's`, []string{
			"a/b", "/etc/passwd", "../x", "/", "a/", `a\b`, `..\x`, `C:\x`, `\`}},
		rule{"a dot at the end: Windows drops it, and . and .. are folders", []string{".", "..", "...", "a.", "film.mp4."}},
		rule{"unicode.IsControl also knows DEL (0x7f) and U+0080 to U+009F; they steer terminals too", []string{
			"a\x00b", "\x00", "a\nb", "\x1b[31mred", "a\tb", "a\x7f", "a\u0085b", "\u009b31m"}},
		rule{"a space at an end: some systems drop it, and nobody sees it", []string{" a", "a ", "  a.mp4", "a.mp4  ", " ", "   "}},
		rule{"unicode.IsSpace knows more spaces than the one on the keyboard: U+3000, U+00A0, U+2003 and others", []string{
			"\u3000a", "a\u00a0", "\u2003a", "a\u2003", "a\u2028", "\u1680a"}},
		rule{"255 is a number of bytes: len(name), not of characters", []string{"", strings.Repeat("a", 256), strings.Repeat("电", 86)}},
		rule{"utf8.ValidString tells; range over a string turns bad bytes into U+FFFD and says nothing", []string{
			"a\xff", "\xc0\xaf", "\xed\xa0\x80", "film\xe7.mp4"}},
		rule{"Windows keeps these for devices, capital or small, whatever follows the first dot or colon", []string{
			"CON", "con", "Con.txt", "con.tar.gz", "PRN", "AUX", "NUL", "nul.mp4", "NUL:", "aux:x", "CON .txt", "CON  .txt",
			"CONIN$", "conout$", "COM1", "com9.log", "COM0", "COM¹", "LPT1", "lpt³", "Lpt².txt", "lpt7:"}},
	)
}
