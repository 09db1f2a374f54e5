package huntname

import (
	"strings"
	"testing"
)

// Check fails t if good does not keep its contract.
func Check(t *testing.T, good func(name string) bool) {
	for _, name := range []string{
		"film.mp4", "电影.mp4", "a b", ".profile", "console", "com10", strings.Repeat("x", 255), "...x",
	} {
		if !good(name) {
			t.Errorf("%.20q is refused", name)
		}
	}
	for _, name := range []string{
		"", ".", "..", "a/b", "/", `a\b`, "a\x00b", "a\x1b[2Jb", "a\n", "\xff", " a", "a ", "a.", "...",
		"CON", "nul.txt", "Com1", "lpt9.tar.gz", strings.Repeat("x", 256), strings.Repeat("电", 86),
	} {
		if good(name) {
			t.Errorf("%.20q is let through", name)
		}
	}
}
