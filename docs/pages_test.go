package docs

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/docs/internal/pages"
)

var update = flag.Bool("update", false, "rewrite quotations and transcripts on the pages from the programs")

// TestPages checks every page of the course: quotations, links, anchors,
// twins, commands. With -update it rewrites the quotations first.
func TestPages(t *testing.T) {
	site := load(t)
	if *update {
		for _, p := range site.Pages {
			write(t, p, p.Update(nil))
		}
		site = load(t)
	}
	for _, p := range site.Pages {
		t.Run(p.Path, func(t *testing.T) {
			for _, problem := range p.Check() {
				t.Error(problem)
			}
		})
	}
}

// The headings of a chapter, in order, in English and in Chinese.
var chapter = [][2]string{
	{"What you will see", "你会看到什么"},
	{"The idea", "思路"},
	{"The code", "代码"},
	{"In Python it was", "在 Python 里"},
	{"What goes wrong", "会出什么错"},
	{"Try it", "动手试试"},
	{"Exercises", "练习"},
	{"What the source says, and what happens", "原文怎么说，实际怎么样"},
}

func TestChapters(t *testing.T) {
	for _, p := range load(t).Pages {
		if ok, _ := filepath.Match("0*/README*.md", p.Path); !ok {
			continue
		}
		t.Run(p.Path, func(t *testing.T) {
			var got []string
			for _, h := range p.Headings {
				if h.Level == 2 {
					got = append(got, h.Text)
				}
			}
			var want []string
			for _, h := range chapter {
				if p.Chinese {
					h[0] = h[1]
				}
				want = append(want, h[0])
			}
			require.Equal(t, want, got, "%s: a chapter has these headings of level 2, in this order", p.Path)
		})
	}
}

// TestTranscripts runs the commands of every console block and compares what
// they print with the page. With -update it writes what they print instead.
func TestTranscripts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: transcripts are not run")
	}
	site := load(t)
	// The programs run in processes of their own. Reading their sources here
	// tells go test what its cached result depends on.
	files(t, ".", func(string, []byte) {})
	runner := &pages.Runner{Site: site, Dir: t.TempDir(), Slow: os.Getenv("PAGES") == "all" || *update, Updating: *update}
	require.NoError(t, runner.Prepare())
	var mu sync.Mutex
	prints := map[*pages.Block]string{}
	t.Run("run", func(t *testing.T) { // returns when all of them have
		for _, b := range site.Transcripts() {
			t.Run(b.Name(), func(t *testing.T) {
				t.Parallel()
				if !runner.Slow && strings.HasSuffix(b.Page.Path, ".zh-CN.md") {
					t.Skip("make check runs it; here its English twin is run")
				}
				err := runner.Run(b)
				var differs *pages.Mismatch
				switch {
				case errors.As(err, new(pages.Skip)):
					t.Skip(err)
				case errors.As(err, &differs) && *update && differs.Block != b.Text:
					mu.Lock()
					defer mu.Unlock()
					prints[b] = differs.Block
				case err != nil:
					t.Errorf("%s: %v", b.Name(), err)
				}
			})
		}
	})
	for _, p := range site.Pages {
		if *update {
			write(t, p, p.Update(prints))
		}
	}
}

func load(t *testing.T) *pages.Site {
	t.Helper()
	site, err := pages.Load(root(t))
	require.NoError(t, err)
	return site
}

func write(t *testing.T, p *pages.Page, text []byte) {
	t.Helper()
	file := filepath.Join(root(t), filepath.FromSlash(p.Path))
	old, err := os.ReadFile(file)
	require.NoError(t, err)
	if string(text) == strings.ReplaceAll(string(old), "\r\n", "\n") {
		return
	}
	require.NoError(t, os.WriteFile(file, text, 0o644))
	t.Logf("rewrote %s", p.Path)
}

// root is the top of the repository.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "go.mod"))
	return dir
}
