package upload

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

var badNames = []string{
	"", ".", "..", "...", "a.", "film.mp4.", " a", "a ", "\u3000a", "a\u00a0", " ",
	"a/b", "/etc/passwd", "../x", "..\\x", `a\b`, `C:\x`, "a/", "/",
	"a\x00b", "a\nb", "\x1b[31m", "a\x7f", "a\u0085b",
	"CON", "con", "Con.txt", "con.tar.gz", "PRN", "AUX", "NUL", "nul.mp4", "COM1", "com9.log", "COM0",
	"LPT1", "lpt³", "COM¹", "CONIN$", "conout$", "CON .txt", "NUL:", "aux:x",
	"a\xff", "\xc0\xaf", strings.Repeat("a", 256), strings.Repeat("电", 86),
}

var goodNames = []string{
	"a", "film.mp4", "电影.mp4", "a b", ".profile", "..a", "-rf", "~", "a..b", "it's \"it\"", "*",
	"CONSOLE", "COM", "COM10", "com", "LPTX", "COMa", "NULL", "aCON", "a.CON", "AUX1",
	"\u202egpj.exe", "e\u0301", "🎬", strings.Repeat("a", 255), strings.Repeat("电", 85),
}

func TestNames(t *testing.T) {
	for _, name := range badNames {
		require.ErrorIs(t, CheckName(name), ErrName, "%q", name)
	}
	for _, name := range goodNames {
		require.NoError(t, CheckName(name), "%q", name)
		require.Equal(t, name, filepath.Base(name))
	}
}

// What a stranger called a file cannot steer the terminal it is shown on.
func TestShow(t *testing.T) {
	for _, name := range append(badNames, goodNames...) {
		for _, r := range Show(name) {
			require.True(t, r >= ' ' && r != 0x7f && r != '\u202e', "%+q is shown with %+q", name, r)
		}
	}
	require.Equal(t, `"\u202egpj.exe"`, Show("\u202egpj.exe"))
	require.Equal(t, `"电影.mp4"`, Show("电影.mp4"))
	require.Less(t, len(Show(strings.Repeat("x", 1<<20))), 1000)
}

func TestNumbered(t *testing.T) {
	for _, row := range [][2]string{
		{"film.mp4", "film (2).mp4"}, {"film", "film (2)"}, {".profile", ".profile (2)"},
		{"a.tar.gz", "a.tar (2).gz"}, {"电影.mp4", "电影 (2).mp4"},
		{strings.Repeat("a", 255), strings.Repeat("a", 251) + " (2)"},
		{"a." + strings.Repeat("b", 200), "a." + strings.Repeat("b", 200) + " (2)"},
	} {
		require.Equal(t, row[1], Numbered(row[0], 2))
		require.Equal(t, row[0], Numbered(row[0], 1))
	}
	for _, name := range goodNames {
		for _, n := range []int{2, 9999} {
			got := Numbered(name, n)
			require.NoError(t, CheckName(got), "%q", got)
			require.True(t, utf8.ValidString(got))
			require.Contains(t, got, fmt.Sprintf("(%d)", n))
		}
	}
}
