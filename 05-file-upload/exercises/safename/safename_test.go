package safename_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/dialtone/05-file-upload/exercises/safename"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { safename.Check("a") })

func check(t *testing.T, name, means string) (grade.Case, error) {
	t.Helper()
	c := grade.Case{Did: fmt.Sprintf("Check(%+q), %s", name, grade.Count(len(name), "byte")), Means: means}
	return c, c.Do(t, func() error { return safename.Check(name) })
}

func refuses(t *testing.T, means string, names ...string) {
	t.Helper()
	for _, name := range names {
		c, err := check(t, name, means)
		c.True(t, err != nil, "an error that says why not", "no error (nil)")
	}
}

func takes(t *testing.T, means string, names ...string) {
	t.Helper()
	for _, name := range names {
		c, err := check(t, name, means)
		c.NoError(t, err)
	}
}

func TestCheckTakesOrdinaryNames(t *testing.T) {
	takes(t, "the rule is stricter than the task: it lists what is bad, and all else is good",
		"a", "film.mp4", "电影.mp4", "a film (2).mp4", ".profile", "-rf", "~", "a..b", "..a", "a:b", "a::b", "a?b", "*", "a;b|c", "e\u0301", "🎬", "\u202egpj.exe",
		"a\u200bb", "\u200b", "a\ufffd")
}

func TestCheckRefusesSeparators(t *testing.T) {
	refuses(t, `both / and \ are separators, here or on the next machine; package filepath knows only this one's`,
		"a/b", "/etc/passwd", "../x", "/", "a/", `a\b`, `..\x`, `C:\x`, `\`)
}

func TestCheckRefusesDotsAtTheEnd(t *testing.T) {
	refuses(t, "a dot at the end: Windows drops it, and . and .. are folders", ".", "..", "...", "a.", "film.mp4.")
}

func TestCheckRefusesControlCharacters(t *testing.T) {
	refuses(t, "unicode.IsControl also knows DEL (0x7f) and U+0080 to U+009F; they steer terminals too",
		"a\x00b", "\x00", "a\nb", "\x1b[31mred", "a\tb", "a\x7f", "a\u0085b", "\u009b31m")
}

func TestCheckRefusesSpacesAtTheEnds(t *testing.T) {
	refuses(t, "a space at an end: some systems drop it, and nobody sees it", " a", "a ", "  a.mp4", "a.mp4  ")
}

func TestCheckRefusesNothingButSpaces(t *testing.T) {
	refuses(t, "a space is at its beginning and at its end, and between them there is no name", " ", "   ")
}

func TestCheckKnowsEverySpace(t *testing.T) {
	refuses(t, "unicode.IsSpace knows more spaces than the one on the keyboard: U+3000, U+00A0, U+2003 and others",
		"\u3000a", "a\u00a0", "\u2003a", "a\u2003", "a\u2028", "\u1680a")
}

func TestCheckCountsBytes(t *testing.T) {
	refuses(t, "a name has at least one byte", "")
	refuses(t, "255 is a number of bytes: len(name), not of characters",
		strings.Repeat("a", 256), strings.Repeat("电", 86))
}

func TestCheckTakesTheLongestNames(t *testing.T) {
	takes(t, "255 bytes are allowed, 256 are not", strings.Repeat("a", 255), strings.Repeat("电", 85))
}

func TestCheckRefusesWhatIsNotUTF8(t *testing.T) {
	refuses(t, "utf8.ValidString tells; range over a string turns bad bytes into U+FFFD and says nothing",
		"a\xff", "\xc0\xaf", "\xed\xa0\x80", "film\xe7.mp4")
}

func TestCheckRefusesDevices(t *testing.T) {
	const means = "Windows keeps these for devices, capital or small, whatever follows the first dot or colon, and with spaces before it too"
	for _, r := range "0123456789¹²³" {
		refuses(t, means, "COM"+string(r), "lpt"+string(r)+".txt", "Com"+string(r)+strings.Repeat(" ", 9)+":x")
	}
	refuses(t, means,
		"CON", "con", "Con.txt", "con.tar.gz", "PRN", "AUX", "NUL", "nul.mp4", "NUL:", "aux:x", "CON .txt", "CON  .txt",
		"CONIN$", "conout$", "com9.log", "lpt7:")
}

func TestCheckTakesWhatOnlyLooksLikeADevice(t *testing.T) {
	takes(t, "the whole of what is before the first dot or colon has to be the device's name",
		"CONSOLE", "COM", "LPT", "COM10", "COM12", "LPT123", "COM1a", "C ON", "COMa", "LPTX", "NULL", "aCON", "a.CON", "AUX1", "CON1", "my con.txt", "COM٣", "CON$", "con;1",
		".con", "..con", ".nul.txt", ":", "::", ":x")
}
