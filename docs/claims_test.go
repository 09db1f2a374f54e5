package docs

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	fenced  = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```")
	proof   = regexp.MustCompile(`<!--\s*prove[sdn]?\b(.*?)-->`)
	proved  = regexp.MustCompile(`^\s+by\s+(\w+(?:,\s+\w+)*)\s+$`)
	shown   = regexp.MustCompile("`((?:Test|Fuzz|Benchmark|Example)[A-Z]\\w*)`")
	defined = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w+)\(`)
)

// Behind a sentence stands what proves it, in a comment that no reader sees:
// <!-- proved by TestX, TestY -->. The tests are there, in the lesson's own
// folder if the page is a lesson's, and both languages name the same ones.
func TestClaimsHaveTheirTests(t *testing.T) {
	tests := map[string][]string{} // by folder, "" for all
	files(t, root(t), func(rel string, text []byte) {
		if strings.HasSuffix(rel, "_test.go") && !strings.Contains(rel, "/testdata/") {
			folder, _, _ := strings.Cut(rel, "/")
			for _, m := range defined.FindAllSubmatch(text, -1) {
				tests[folder] = append(tests[folder], string(m[1]))
				tests[""] = append(tests[""], string(m[1]))
			}
		}
	})
	proofs := map[string][]string{}
	for _, page := range load(t).Pages {
		src, err := os.ReadFile(filepath.Join(root(t), page.Path))
		require.NoError(t, err)
		text := fenced.ReplaceAllString(string(src), "")
		folder, _, _ := strings.Cut(page.Path, "/")
		if !strings.HasPrefix(folder, "0") {
			folder = ""
		}
		has := func(name string) {
			if !slices.Contains(tests[folder], name) {
				t.Errorf("%s names %s, and there is no such test in %s", page.Path, name, cmp.Or(folder, "the course"))
			}
		}
		for _, m := range shown.FindAllStringSubmatch(text, -1) {
			has(m[1])
		}
		proofs[page.Path] = []string{}
		for _, m := range proof.FindAllStringSubmatch(strings.Join(strings.Fields(text), " "), -1) {
			by := proved.FindStringSubmatch(m[1])
			if by == nil {
				t.Errorf("%s: write <!-- proved by TestX, TestY -->, not %s", page.Path, m[0])
				continue
			}
			proofs[page.Path] = append(proofs[page.Path], by[1])
			for name := range strings.SplitSeq(by[1], ", ") {
				has(name)
			}
		}
	}
	for page, named := range proofs {
		if twin, ok := strings.CutSuffix(page, ".zh-CN.md"); ok {
			require.Equal(t, proofs[twin+".md"], named, "%s: the same proofs in the same order as in %s.md", page, twin)
		}
	}
}
