// The mistake: Spaces do not count anywhere in a device, not only before the dot.
//
// rejected by: TestCheckTakesWhatOnlyLooksLikeADevice: "the whole of what is before"
package safename

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the most bytes of a name.
const MaxName = 255

// Check returns nil if name may become a file here, and is neither a path
// nor a device on any system, else an error that says why not.
func Check(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("bad name: it is empty")
	case len(name) > MaxName:
		return fmt.Errorf("bad name: %d bytes, at most %d", len(name), MaxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("bad name %q: not UTF-8", name)
	case strings.ContainsAny(name, `/\`):
		return fmt.Errorf("bad name %q: a path separator", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("bad name %q: a control character", name)
	case strings.TrimFunc(name, unicode.IsSpace) != name:
		return fmt.Errorf("bad name %q: a space at its beginning or end", name)
	case strings.HasSuffix(name, "."):
		return fmt.Errorf("bad name %q: a dot at its end", name)
	case device(name):
		return fmt.Errorf("bad name %q: a device of Windows", name)
	}
	return nil
}

// device looks at what is before the first dot or colon, as Windows does.
func device(name string) bool {
	if i := strings.IndexAny(name, ".:"); i >= 0 {
		name = name[:i]
	}
	name = strings.ToUpper(strings.ReplaceAll(name, " ", ""))
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, is := strings.CutPrefix(name, "COM")
	if !is {
		port, is = strings.CutPrefix(name, "LPT")
	}
	return is && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}
