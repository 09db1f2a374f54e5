package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every test that a chapter names as a proof is there.
func TestClaimsHaveTheirTests(t *testing.T) {
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	defined := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	chapters, err := filepath.Glob("../0*/*.md")
	require.NoError(t, err)
	for _, page := range chapters {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		tests := map[string]bool{}
		require.NoError(t, filepath.WalkDir(filepath.Dir(page), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			for _, m := range defined.FindAllSubmatch(src, -1) {
				tests[string(m[1])] = true
			}
			return err
		}))
		for _, m := range named.FindAllSubmatch(text, -1) {
			if !tests[string(m[1])] {
				t.Errorf("%s names %s, and there is no such test in its folder", filepath.ToSlash(page), m[1])
			}
		}
	}
}
