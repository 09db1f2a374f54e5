package huntname_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"example.com/dialtone/05-file-upload/exercises/huntname"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntname.Check(t, program(n)) },
		"", "lets a way out of the folder through", "knows only one of the two slashes", "lets a control character through", "",
		"lets a name of Windows through, if it has an ending", "knows the names of Windows in capitals only", "counts characters, not bytes",
		"refuses Chinese", "lets what is not UTF-8 through", "lets a space at the end through", "takes the empty name", "refuses names that only begin like one of Windows",
		"lets a dot at the end through", "refuses a space inside a name", "refuses the longest name, of 255 bytes", "lets a space at the beginning through")
}

func program(n int) func(name string) bool {
	return func(name string) bool {
		length := len(name)
		if n == 7 {
			length = utf8.RuneCountInString(name)
		}
		stem := name
		if i := strings.IndexAny(name, ".:"); i >= 0 && n != 5 {
			stem = name[:i]
		}
		stem = strings.TrimRight(stem, " ")
		if n == 4 { // right too: any space before the dot
			stem = strings.TrimSpace(stem)
		}
		if n != 6 {
			stem = strings.ToUpper(stem)
		}
		reserved := "CON PRN AUX NUL CONIN$ CONOUT$"
		for _, port := range strings.Split("0123456789¹²³", "") {
			reserved += " COM" + port + " LPT" + port
		}
		for _, no := range strings.Fields(reserved) {
			if stem == no || n == 12 && strings.HasPrefix(stem, no) {
				return false
			}
		}
		slashes := "/\\"
		if n == 2 {
			slashes = "/"
		}
		if n == 1 && (name == ".." || name == ".") {
			return true
		}
		for _, r := range name {
			if strings.ContainsRune(slashes, r) || unicode.IsControl(r) && n != 3 || n == 8 && r > 127 && r != utf8.RuneError {
				return false
			}
		}
		trimmed := strings.TrimSpace(name)
		switch n {
		case 10:
			trimmed = strings.TrimLeft(name, " ")
		case 14:
			trimmed = strings.ReplaceAll(name, " ", "")
		case 16:
			trimmed = strings.TrimRight(name, " ")
		}
		dotted := strings.HasSuffix(name, ".")
		if n == 13 {
			dotted = name == "." || name == ".."
		}
		return (length > 0 || n == 11) && length <= 255 && (length < 255 || n != 15) && (utf8.ValidString(name) || n == 9) &&
			trimmed == name && !dotted
	}
}
