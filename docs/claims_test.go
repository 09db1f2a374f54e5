package docs

import (
	"cmp"
	"os"
	"os/exec"
	"path"
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
	linked  = regexp.MustCompile("\\[`((?:Test|Fuzz|Example)\\w+)`\\]\\(([^)]+_test\\.go)\\)")
	defined = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w+)\(`)
)

// Behind a sentence stands what proves it, in a comment that no reader sees:
// <!-- proved by TestX, TestY -->. The tests are there, in the lesson's own
// folder or among those of the programs if the page is a lesson's, and both
// languages name the same ones. What one looks up links each test,
// [`TestX`](../01-basic/x_test.go): it is in that file. go test ./... runs them all.
func TestClaimsHaveTheirTests(t *testing.T) {
	const programs = "docs/programs"
	tests := map[string][]string{} // by file, by folder, "" for all
	files(t, ".", func(rel string, text []byte) {
		if strings.HasSuffix(rel, "_test.go") && !strings.Contains(rel, "/testdata/") {
			folder, _, _ := strings.Cut(rel, "/")
			if path.Dir(rel) == programs {
				folder = programs
			}
			for _, m := range defined.FindAllSubmatch(text, -1) {
				for _, at := range []string{rel, folder, ""} {
					tests[at] = append(tests[at], string(m[1]))
				}
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
		has := func(where, name string) {
			lesson := where == folder && slices.Contains(tests[programs], name)
			if !lesson && !slices.Contains(tests[where], name) {
				t.Errorf("%s names %s, and there is no such test in %s", page.Path, name, cmp.Or(where, "the course"))
			}
		}
		for _, m := range shown.FindAllStringSubmatch(text, -1) {
			has(folder, m[1])
		}
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			has(path.Join(path.Dir(page.Path), m[2]), m[1])
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
				has(folder, name)
			}
		}
	}
	for page, named := range proofs {
		if twin, ok := strings.CutSuffix(page, ".zh-CN.md"); ok {
			require.Equal(t, proofs[twin+".md"], named, "%s: the same proofs in the same order as in %s.md", page, twin)
		}
	}
}

// A term of the glossary stands in the lesson that its entry sends to.
func TestGlossaryTermsAreInTheirLessons(t *testing.T) {
	entry := regexp.MustCompile(`(?m)^### (.+)\n\n.*?\]\((\.\./0[^)#]+)#`)
	for _, page := range []string{"glossary.md", "glossary.zh-CN.md"} {
		src, err := os.ReadFile(page)
		require.NoError(t, err)
		entries := entry.FindAllStringSubmatch(string(src), -1)
		require.Len(t, entries, strings.Count(string(src), "\n### "), "%s: each entry links its lesson", page)
		for _, e := range entries {
			lesson, err := os.ReadFile(e[2])
			require.NoError(t, err)
			text := strings.ToLower(strings.Join(strings.Fields(string(lesson)), " "))
			require.True(t, strings.Contains(text, strings.ToLower(e[1])), "%s: %s is not in %s", page, e[1], e[2])
		}
	}
}

func TestPythonDoesSo(t *testing.T) {
	if out, err := exec.Command("python3", "--version").CombinedOutput(); err != nil {
		t.Skipf("needs python3: %v %s", err, out)
	}
	out, err := exec.Command("python3", "testdata/errata.py").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
