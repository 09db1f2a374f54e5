package docs

import (
	"bytes"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const module = "example.com/dialtone"

// Nothing else lies at the top but names that begin with a dot.
var top = []string{
	"01-basic", "02-loops", "03-reuseaddr", "04-sticky-packets", "05-file-upload", "docs",
	"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md",
	"LICENSE", "Makefile", "go.mod", "go.sum",
}

func TestTopLevel(t *testing.T) {
	for _, file := range tracked(t) {
		name, _, _ := strings.Cut(file, "/")
		if !strings.HasPrefix(name, ".") {
			require.Contains(t, top, name, "%s does not belong at the top level: pages and tools go to docs/, scripts to .ci/", name)
		}
	}
}

// tracked are the files of the course, without what a reader keeps beside them.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Skip("no git here, or no checkout of git: what belongs to the course cannot be told from what a reader keeps beside it")
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// lessons are the numbered folders that exist.
func lessons(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(os.DirFS(root(t)), "[0-9][0-9]-*")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

// files calls f with every file below dir, by its path from the root.
func files(t *testing.T, dir string, f func(rel string, text []byte)) {
	t.Helper()
	house := os.DirFS(root(t))
	require.NoError(t, fs.WalkDir(house, dir, func(rel string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || rel == "uploads" || rel == ".git" || rel == ".bin") {
			return fs.SkipDir
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := fs.ReadFile(house, rel)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another test's, and gone already
		}
		f(rel, text)
		return err
	}))
}

// A lesson can be taken out of the house: its package is made of the standard
// library and golang.org/x/sys, its programs and tests of nothing else of the
// house. What a learner begins with is the standard library alone; what grades
// it may use docs/grade.
func TestImports(t *testing.T) {
	for _, lesson := range lessons(t) {
		own := module + "/" + lesson
		files(t, lesson, func(rel string, text []byte) {
			if !strings.HasSuffix(rel, ".go") {
				return
			}
			f, err := parser.ParseFile(token.NewFileSet(), rel, text, parser.ImportsOnly)
			if err != nil {
				t.Error(err)
				return
			}
			exercise := strings.HasPrefix(rel, lesson+"/exercises/")
			test := strings.HasSuffix(rel, "_test.go")
			for _, spec := range f.Imports {
				p, _ := strconv.Unquote(spec.Path.Value)
				host, _, _ := strings.Cut(p, "/")
				house := p == module || strings.HasPrefix(p, module+"/")
				var want string
				switch {
				case house && exercise && test && (p == module+"/docs/grade" || p == module+"/"+path.Dir(rel)):
				case house && exercise:
					want = "an exercise is made of the standard library, its tests of docs/grade too"
				case house && p != own && !strings.HasPrefix(p, own+"/"):
					want = "a lesson imports nothing of docs/ and of no other lesson"
				case !strings.Contains(host, ".") || house || test:
				case exercise && !strings.Contains(rel, "/testdata/"):
					want = "an exercise begins with the standard library alone"
				case strings.HasPrefix(rel, lesson+"/internal/"): // what serves its tests
				case !exercise && f.Name.Name != "main" && !strings.HasPrefix(p, "golang.org/x/sys/"):
					want = "a lesson's package is made of the standard library and golang.org/x/sys"
				}
				if want != "" {
					t.Errorf("%s imports %s: %s", rel, p, want)
				}
			}
		})
	}
}

// Short enough to read aloud and to project; and so few that one finds
// something in a folder, where tests and twins by system are not counted.
func TestLessonsAreShort(t *testing.T) {
	const mainLines, fileLines, commentColumns, sources = 50, 125, 72, 12
	twin := regexp.MustCompile(`_(linux|unix|windows|other)\.go$`)
	for _, lesson := range lessons(t) {
		portable := map[string]int{} // by folder
		files(t, lesson, func(rel string, text []byte) {
			if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") || strings.Contains(rel, "/exercises/") || strings.Contains(rel, "/testdata/") {
				return
			}
			if portable[path.Dir(rel)]++; twin.MatchString(rel) {
				portable[path.Dir(rel)]--
			}
			switch n := bytes.Count(text, []byte("\n")); {
			case path.Base(rel) == "main.go" && n > mainLines:
				t.Errorf("%s has %d lines; a main parses flags and prints, in %d at most", rel, n, mainLines)
			case path.Dir(rel) == lesson && n > fileLines:
				t.Errorf("%s has %d lines; a lesson's file has about 100, %d at most", rel, n, fileLines)
			}
			if path.Dir(rel) != lesson {
				return
			}
			for i, line := range strings.Split(string(text), "\n") {
				comment, ok := strings.CutPrefix(strings.TrimSpace(line), "// ")
				if ok && utf8.RuneCountInString(comment) > commentColumns {
					t.Errorf("%s:%d: a comment of %d columns; break it at %d", rel, i+1, utf8.RuneCountInString(comment), commentColumns)
				}
			}
		})
		for folder, n := range portable {
			require.LessOrEqual(t, n, sources, "sources in %s", folder)
		}
	}
}

// A lesson's folder copied out alone, without its exercises, still builds and
// its tests still pass.
func TestLessonsStandAlone(t *testing.T) {
	if os.Getenv("PAGES") != "all" {
		t.Skip("compiles and tests every lesson again; make check runs it")
	}
	for _, lesson := range lessons(t) {
		t.Run(lesson, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), lesson)
			require.NoError(t, os.CopyFS(out, os.DirFS(filepath.Join(root(t), lesson))))
			require.NoError(t, os.RemoveAll(filepath.Join(out, "exercises")))
			own(t, out, module+"/"+lesson)
			// -trimpath lets the build cache serve a folder of another name.
			goAlone(t, out, "test", "-trimpath", "-mod=mod", "./...")
		})
	}
}

// What a reader copies. Each row compiles alone, in an empty module, and is
// made of the standard library; only the options of a socket, which has twins
// by system, need golang.org/x/sys.
var copied = []string{
	"01-basic/server.go",
	"01-basic/client.go",
	"02-loops/server.go",
	"03-reuseaddr/listen.go 03-reuseaddr/options*.go",
	"04-sticky-packets/frame.go",
	"05-file-upload/header.go",
	"05-file-upload/name.go",
	"05-file-upload/store.go",
}

func TestOneFileAlone(t *testing.T) {
	out := t.TempDir()
	own(t, out, "alone")
	for i, row := range copied {
		folder := filepath.Join(out, strconv.Itoa(i+1))
		require.NoError(t, os.Mkdir(folder, 0o755))
		for pattern := range strings.FieldsSeq(row) {
			found, err := filepath.Glob(filepath.Join(root(t), pattern))
			require.NoError(t, err)
			require.NotEmpty(t, found, pattern)
			for _, file := range found {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				name := filepath.Base(file)
				if !strings.HasSuffix(name, "_test.go") {
					require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o644))
				}
				if !strings.HasPrefix(name, "options") {
					require.NotContains(t, string(text), `"golang.org/x/sys/`, file)
				}
			}
		}
	}
	goAlone(t, out, "build", "-mod=mod", "./...") // the folder of an error is the row that it is about
}

// One text, one place.
func TestNoFileStandsTwice(t *testing.T) {
	first := map[string]string{}
	files(t, ".", func(rel string, text []byte) {
		if !strings.HasSuffix(rel, ".go") || strings.Contains(rel, "/testdata/") {
			return
		}
		if other, ok := first[string(text)]; ok {
			t.Errorf("%s is %s once more", rel, other)
		}
		first[string(text)] = rel
	})
}

// Every folder of docs/ is on the map.
func TestMapOfDocs(t *testing.T) {
	for _, page := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, file := range tracked(t) {
			if part := strings.Split(file, "/"); part[0] == "docs" && len(part) > 2 && part[1] != "testdata" {
				require.Contains(t, string(text), "| `"+part[1]+"/` |", "docs/%s has a line for each folder of docs/", page)
			}
		}
	}
}

// own makes dir a module of its own, as go mod init and go get would without a
// network.
func own(t *testing.T, dir, name string) {
	t.Helper()
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root(t), file))
		require.NoError(t, err)
		text = bytes.Replace(text, []byte("module "+module), []byte("module "+name), 1)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), text, 0o644))
	}
}

func goAlone(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off", "PWD="+dir)
	printed, err := cmd.CombinedOutput()
	if bytes.Contains(printed, []byte("GOPROXY=off")) {
		t.Skipf("a module is not in the cache, and this test does not fetch: %s", printed)
	}
	require.NoError(t, err, "alone:\n%s", printed)
}

// What belongs to the machine that a text was written on.
var strays = map[string]*regexp.Regexp{
	"a home folder":      regexp.MustCompile(`/(?:ho[m]e|User[s])/[a-z]\w+/|/roo[t]/\.?\w|C:\\User[s]\\[A-Za-z]`),
	"a build folder":     regexp.MustCompile(`/go-buil[d]\d{3,}|/tmp/[A-Za-z]*Tes[t]\w*\d{3,}`),
	"a conflict marker":  regexp.MustCompile(`(?m)^(?:<{7}|>{7}) `),
	"a carriage return":  regexp.MustCompile(`\r\n`),
	"an unfinished note": regexp.MustCompile(`\b(?:TOD[O]|FIXM[E]|XX[X])\b`),
}

func TestNoStrays(t *testing.T) {
	for _, rel := range tracked(t) {
		if ok, _ := path.Match("0*/exercises/*/*.go", rel); ok {
			continue // a learner writes there, and may well leave a note
		}
		text, err := os.ReadFile(filepath.Join(root(t), rel))
		if err != nil || bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) || strings.Contains(rel, "/testdata/fuzz/") {
			continue // removed and not committed yet, or no text
		}
		for what, re := range strays {
			if what == "a carriage return" && runtime.GOOS == "windows" {
				continue // git may have put them there
			}
			if m := re.FindIndex(text); m != nil {
				t.Errorf("%s:%d: %s: %q", rel, 1+bytes.Count(text[:m[0]], []byte("\n")), what, text[m[0]:m[1]])
			}
		}
	}
}

// A picture that no page shows is dead, and so is a recording without one.
func TestPicturesAreShown(t *testing.T) {
	var pages strings.Builder
	for _, page := range load(t).Pages {
		text, err := os.ReadFile(filepath.Join(root(t), page.Path))
		require.NoError(t, err)
		pages.Write(text)
	}
	pictures, err := filepath.Glob("figures/*.svg")
	require.NoError(t, err)
	require.NotEmpty(t, pictures)
	for _, picture := range pictures {
		require.Contains(t, pages.String(), "figures/"+filepath.Base(picture)+")", "no page shows it")
	}
}

// A bare make lists every target, in both languages; a wrong one gets a line.
func TestMake(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no make here")
	}
	text, err := os.ReadFile(filepath.Join(root(t), "Makefile"))
	require.NoError(t, err)
	targets := []string{"lesson-N", "server-N", "client-N"}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+)(-%)?:( |$)`).FindAllStringSubmatch(string(text), -1) {
		if m[1] != "help" {
			targets = append(targets, m[1]+strings.Replace(m[2], "%", "NAME", 1))
		}
	}
	run := func(locale string, args ...string) (string, error) {
		cmd := exec.Command("make", args...)
		cmd.Dir = root(t)
		cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "MAKE") || strings.HasPrefix(kv, "MFLAGS") })
		cmd.Env = append(cmd.Env, "LC_ALL="+locale, "LANGUAGE=en")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, locale := range []string{"en_US.UTF-8", "zh_CN.UTF-8"} {
		list, err := run(locale)
		require.NoError(t, err, list)
		var listed []string
		for line := range strings.Lines(list) {
			m := regexp.MustCompile(`^make (\S+) +\S`).FindStringSubmatch(line)
			require.NotNil(t, m, "make NAME and what it does: %q", line)
			listed = append(listed, m[1])
		}
		require.ElementsMatch(t, targets, listed, locale)
	}
	for target, want := range map[string]string{"lesson-9": `there is no lesson "9"`, "nonsense": `there is no target "nonsense"`} {
		out, err := run("en_US.UTF-8", target)
		require.Error(t, err)
		require.Contains(t, out, want)
		require.Equal(t, 1, strings.Count(out, "\n"), "one line: %q", out)
	}
}
