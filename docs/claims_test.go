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

// The Chinese text of each task, kept with the exercise, stands in the
// Chinese chapter between <!-- task: NAME --> and <!-- /task -->; with
// -update it is put there.
func TestChineseTasksAreInTheChapters(t *testing.T) {
	tasks, err := filepath.Glob("../0*/exercises/*/testdata/task.zh-CN.txt")
	require.NoError(t, err)
	for _, file := range tasks {
		exercise := filepath.Dir(filepath.Dir(file))
		page := filepath.Join(filepath.Dir(filepath.Dir(exercise)), "README.zh-CN.md")
		task, err := os.ReadFile(file)
		require.NoError(t, err)
		text, err := os.ReadFile(page)
		if os.IsNotExist(err) {
			t.Errorf("%s is missing", filepath.ToSlash(page))
			continue
		}
		require.NoError(t, err)

		begin, end := "<!-- task: "+filepath.Base(exercise)+" -->\n", "<!-- /task -->"
		before, rest, ok := strings.Cut(string(text), begin)
		old, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Errorf("%s lacks %q … %q", filepath.ToSlash(page), strings.TrimSpace(begin), end)
			continue
		}
		want := "\n" + markdown(string(task)) + "\n\n"
		switch {
		case old == want:
		case *update:
			require.NoError(t, os.WriteFile(page, []byte(before+begin+want+end+after), 0o644))
		default:
			t.Errorf("%s: the task %s differs from %s; go test ./docs -update rewrites it", filepath.ToSlash(page), filepath.Base(exercise), filepath.ToSlash(file))
		}
	}
}

// markdown makes a list of what a task indents: a page fences its code, and
// every fence stands in both languages.
func markdown(task string) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(task, "\r\n", "\n")), "\n")
	for i, line := range lines {
		if row, ok := strings.CutPrefix(line, "    "); ok {
			name, meaning, _ := strings.Cut(row, "  ")
			lines[i] = "- `" + name + "`：" + strings.TrimSpace(meaning)
		}
	}
	return strings.Join(lines, "\n")
}
