package docs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"go/build"
	"maps"
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
// languages name the same ones.
func TestClaimsHaveTheirTests(t *testing.T) {
	const programs = "docs/programs"
	tests := map[string][]string{} // by folder, "" for all
	files(t, ".", func(rel string, text []byte) {
		if strings.HasSuffix(rel, "_test.go") && !strings.Contains(rel, "/testdata/") {
			folder, _, _ := strings.Cut(rel, "/")
			if path.Dir(rel) == programs {
				folder = programs
			}
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
			if !slices.Contains(tests[folder], name) && !slices.Contains(tests[programs], name) {
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

// What one looks up links each test: [`TestX`](../01-basic/x_test.go). It is
// in that file, and it runs; where it is skipped, or is for another system,
// this says so by its name.
func TestLinkedTestsRun(t *testing.T) {
	slow := os.Getenv("PAGES") == "all"
	folders, names := map[string]bool{}, map[string]bool{} // what to run
	want := map[[2]string]string{}                         // folder and name of a test: its file
	for _, page := range load(t).Pages {
		src, err := os.ReadFile(filepath.Join(root(t), page.Path))
		require.NoError(t, err)
		for _, m := range linked.FindAllStringSubmatch(string(src), -1) {
			file := path.Join(path.Dir(page.Path), m[2])
			test, err := os.ReadFile(filepath.Join(root(t), file))
			require.NoError(t, err, page.Path)
			require.True(t, bytes.Contains(test, []byte("\nfunc "+m[1]+"(")), "%s: %s is not in %s", page.Path, m[1], file)
			want[[2]string{path.Dir(file), m[1]}] = file
			folders["./"+path.Dir(file)], names[m[1]] = true, true
		}
	}
	if !slow {
		t.Skipf("make check runs the %d tests that pages link", len(want))
	}
	run := exec.Command("go", slices.Concat([]string{"test", "-json", "-run", "^(" + strings.Join(slices.Sorted(maps.Keys(names)), "|") + ")$"}, slices.Sorted(maps.Keys(folders)))...)
	run.Dir = root(t)
	out, _ := run.Output() // who failed is in it
	ended, said := map[[2]string]string{}, map[[2]string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var e struct{ Action, Package, Test, Output string }
		require.NoError(t, dec.Decode(&e))
		key := [2]string{strings.TrimPrefix(e.Package, "example.com/dialtone/"), e.Test}
		ended[key] = e.Action
		said[key] += e.Output
	}
	for key, file := range want {
		t.Run(key[0]+"/"+key[1], func(t *testing.T) {
			here, err := build.Default.MatchFile(filepath.Join(root(t), path.Dir(file)), path.Base(file))
			require.NoError(t, err)
			switch {
			case !here:
				t.Skip(file, " is for another system")
			case ended[key] == "skip":
				t.Skip(said[key])
			default:
				require.Equal(t, "pass", ended[key], "%s did not pass: %s", key[1], said[key])
			}
		})
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
