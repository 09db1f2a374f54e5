package upload

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the most bytes of a file's name, as on most file systems.
const MaxName = 255

// ErrName is at the root of every name that is refused.
var ErrName = errors.New("bad name")

// CheckName says whether name may become a file here, and is neither a
// path nor a device on a machine that the folder is copied to later.
// (Windows takes fewer names still: neither a?b nor a:b.) It is one
// path element of UTF-8, of at most MaxName bytes: neither / nor \, no
// control character, no space at either end, no dot at the end (so
// neither . nor ..), and no name that Windows keeps for a device.
//
// os.Root keeps a name inside the folder; it is no check of the name.
// On Linux it would create ..\x, CON, and a single space.
func CheckName(name string) error {
	why := ""
	switch {
	case name == "":
		why = "it is empty"
	case len(name) > MaxName:
		why = fmt.Sprintf("it has %d bytes, at most %d", len(name), MaxName)
	case !utf8.ValidString(name):
		why = "it is not UTF-8"
	case strings.ContainsAny(name, `/\`):
		why = "it holds a path separator"
	case strings.ContainsFunc(name, unicode.IsControl):
		why = "it holds a control character"
	case strings.TrimSpace(name) != name:
		why = "it begins or ends with a space"
	case strings.HasSuffix(name, "."):
		why = "it ends with a dot"
	case device(name):
		why = "Windows keeps it for a device"
	default:
		return nil
	}
	return fmt.Errorf("%w %s: %s", ErrName, Show(name), why)
}

// device tells CON, con.txt and COM1 .tar.gz: Windows looks only at
// what is before the first dot or colon, whatever its case.
func device(name string) bool {
	if i := strings.IndexAny(name, ".:"); i >= 0 {
		name = name[:i]
	}
	switch name = strings.ToUpper(strings.TrimRight(name, " ")); name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, is := strings.CutPrefix(name, "COM")
	if !is {
		port, is = strings.CutPrefix(name, "LPT")
	}
	return is && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// Show is a stranger's text made safe to print. Written raw to a
// terminal it could recolour it, retitle it, or read backwards:
// "gpj.exe" is shown as "exe.jpg" behind a right-to-left override
// (U+202E).
func Show(text string) string {
	if len(text) > 2*MaxName {
		text = text[:2*MaxName] + "…"
	}
	return strconv.QuoteToGraphic(text)
}

// Numbered is name with a number before its extension: "film (2).mp4".
// It stays within MaxName. A number below 2 changes nothing.
func Numbered(name string, n int) string {
	if n < 2 {
		return name
	}
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot > 32 { // .profile has no extension
		dot = len(name)
	}
	stem, tail := name[:dot], fmt.Sprintf(" (%d)%s", n, name[dot:])
	for len(stem)+len(tail) > MaxName {
		_, last := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-last]
	}
	return stem + tail
}
