// Package huntname is a hunt: you write the test. Which checks let a name through?
package huntname

import "testing"

// Check fails t if good does not keep its contract, and passes if it does.
// Good says whether a name from a stranger may become a file in a folder of
// ours: one path element of valid UTF-8, 1 to 255 bytes; no slash or
// backslash, no control character, not "." or "..", no space at either end,
// no dot at the end, and none that Windows reserves (as in safename: CON,
// nul.txt, Com1).
func Check(t *testing.T, good func(name string) bool) {
	panic("not begun")
}
