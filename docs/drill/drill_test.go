package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// The planted course has one lesson, and exercises that all ask for the
// same: Double(n) is twice n.
const (
	plantedStub = `// Package %[1]s is an exercise.
package %[1]s

// Double returns twice n. It works for every n whose double is an int, for
// zero and for negative n as well, and its error is always nil.
func Double(n int) (int, error) {
	panic("not begun")
}
`
	plantedTest = `package %[1]s_test

import (
	"fmt"
	"testing"

	"example.com/planted/01-one/exercises/%[1]s"
	"example.com/planted/docs/grade"
)

var _ = grade.Stub(func() { %[1]s.Double(0) })

func check(t *testing.T, n int) {
	t.Helper()
	c := grade.Case{Did: fmt.Sprintf("Double(%%d)", n), Means: "it is not doubled"}
	var got int
	c.Run(t, func() { got, _ = %[1]s.Double(n) })
	c.True(t, got == 2*n, fmt.Sprint(2*n), fmt.Sprint(got))
}

func TestDouble(t *testing.T) {
	check(t, 3)
}

func TestDoubleOfNegatives(t *testing.T) {
	check(t, -3)
}
`
	solution = "package %[1]s\n\nfunc Double(n int) (int, error) { return 2 * n, nil }\n"
	square   = "package %[1]s\n\nfunc Double(n int) (int, error) { return n * n, nil }\n"
	absolute = "package %[1]s\n\nfunc Double(n int) (int, error) { return max(2*n, -2*n), nil }\n"
	hangs    = "package %[1]s\n\nfunc Double(n int) (int, error) {\n\tif n != 0 {\n\t\tselect {}\n\t}\n\treturn 0, nil\n}\n"
)

// mistake is an entry of the page: a whole program if it has a package, else
// a diff of the solution.
func mistake(title, test, words, code string) string {
	kind := "diff"
	if strings.HasPrefix(code, "package") {
		kind = "go"
	}
	return fmt.Sprintf("## %s\n\nIt is planted.\nRejected by `%s`: \"%s\".\n\n```%s\n%s\n```\n\n", title, test, words, kind, strings.TrimSuffix(code, "\n"))
}

const (
	wrongs = "# What people get wrong\n\n"
	rights = "# Right answers of other shapes\n\n" +
		"## Add\n\n```diff\n-func Double(n int) (int, error) { return 2 * n, nil }\n+func Double(n int) (int, error) { return n + n, nil }\n```\n\n" +
		"## Shift\n\n```diff\n-func Double(n int) (int, error) { return 2 * n, nil }\n+func Double(n int) (int, error) { return n << 1, nil }\n```\n\n"
	third = "## Max\n\n```diff\n-func Double(n int) (int, error) { return 2 * n, nil }\n+func Double(n int) (int, error) { return 2 * max(n, n), nil }\n```\n\n"
	diffs = "-func Double(n int) (int, error) { return 2 * n, nil }\n+func Double(n int) (int, error) { return "
)

var (
	squared   = mistake("Square", "TestDouble", "came:     9", diffs+"n * n, nil }")
	absolutes = mistake("Absolute", "TestDoubleOfNegatives", "came:     6", absolute)
)

// slow skips a test that compiles a course over and over.
func slow(t *testing.T) {
	if os.Getenv("DRILL") != "all" {
		t.Skip("compiles a course over and over; make check runs it")
	}
}

// plant makes a course in a folder whose name has spaces.
type plant struct {
	t    *testing.T
	root string
	in   string // what is typed
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{t: t, root: filepath.Join(t.TempDir(), "my course [1]")}
	shared := []string{"../../go.mod", "../../go.sum"}
	for _, pkg := range []string{"grade", "ladder", "internal/lang"} {
		files, err := filepath.Glob("../" + pkg + "/*.go")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		shared = append(shared, files...)
	}
	for _, file := range shared {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		p.write(filepath.Join("docs/drill", file), strings.ReplaceAll(string(src), "example.com/dialtone", "example.com/planted"))
	}
	return p
}

func (p *plant) write(path, text string) {
	p.t.Helper()
	file := filepath.Join(p.root, filepath.FromSlash(path))
	require.NoError(p.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(p.t, os.WriteFile(file, []byte(text), 0o644))
}

// exercise plants one that is sound in everything but what edit changes: a
// map from the path in its folder to the text, "" to remove it.
func (p *plant) exercise(name string, edit map[string]string) {
	p.t.Helper()
	file := name + ".go"
	files := map[string]string{
		file:                        plantedStub,
		name + "_test.go":           plantedTest,
		"testdata/solution/" + file: solution,
		"testdata/mistakes.md":      wrongs + squared + absolutes + rights,
		"testdata/help.md":          "# 题目\n\nDouble 返回 n 的两倍。\n\n# Hints\n\none\n\n---\n\ntwo\n\n---\n\nthree\n\n# 提示\n\n一\n\n---\n\n二\n\n---\n\n三\n",
	}
	for path, text := range edit {
		files[path] = text
	}
	for path, text := range files {
		if text == "" {
			continue
		}
		if strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "mistakes.md") {
			text = strings.ReplaceAll(text, "%[1]s", name)
			text = strings.ReplaceAll(text, "%%", "%")
		}
		p.write("01-one/exercises/"+name+"/"+path, text)
	}
}

// drill runs the command in the planted course.
func (p *plant) drill(args ...string) (out string, code int) {
	var stdout, stderr bytes.Buffer
	d := &drill{in: strings.NewReader(p.in), out: &stdout, err: &stderr, width: 80, reps: 2, hints: filepath.Join(p.root, "..", "cache")}
	code = d.main(context.Background(), append([]string{"-C", p.root, "-lang", "en"}, args...))
	return stdout.String() + stderr.String(), code
}

// ok is what it prints, with success.
func (p *plant) ok(args ...string) string {
	p.t.Helper()
	out, code := p.drill(args...)
	require.Equal(p.t, 0, code, out)
	return out
}

// One proof over two exercises full of faults.
func TestProveFindsWhatIsPlanted(t *testing.T) {
	slow(t)
	t.Parallel()
	p := newPlant(t)
	p.exercise("faulty", map[string]string{
		"testdata/solution/faulty.go": square,
		"testdata/mistakes.md": wrongs +
			mistake("Fixed", "TestDouble", "came", solution) +
			mistake("Square", "TestDouble", "the moon", square) +
			mistake("Not Go", "TestDouble", "came", "package %[1]s\n\nfunc Double() { x }\n") +
			mistake("No such test", "TestTriple", "came", square) +
			mistake("No such line", "TestDouble", "came", diffs+"n, nil }") + rights,
		"testdata/help.md": "# 题目\n\nEnglish\n\n# Hints\n\none\n\n# 提示\n\n一\n",
	})
	weak := strings.Replace(plantedTest, "check(t, -3)", "check(t, 4)", 1)
	weak = strings.Replace(weak, "check(t, 3)", "_, _ = %[1]s.Double, check", 1)
	p.exercise("weak", map[string]string{"weak_test.go": weak, "testdata/mistakes.md": wrongs + absolutes + rights +
		"## Wrong all the same\n\n```go\n" + square + "```\n"})

	out, code := p.drill("prove")
	require.Equal(t, 1, code)
	for _, want := range []string{
		"faulty: the solution fails",
		`faulty: "Fixed": TestDouble passes it`,
		`faulty: "Square": TestDouble rejects it, but without the words "the moon"`,
		`faulty: "Not Go" does not compile`,
		`faulty: "No such test" names TestTriple, and there is no such test`,
		`faulty: "No such line": the edit does not apply: the solution has this 0 times`,
		"faulty: 2 right answers of other shapes; at least 3 are wanted",
		"below # Hints and # 提示 each (a line --- between them); there are 1 and 1",
		`weak: "Absolute": TestDoubleOfNegatives`,
		"weak: the stub is not skipped by TestDouble:",
		"weak: 1 mistakes; at least 4 are wanted",
		`weak: the right answer "Wrong all the same" fails`,
	} {
		require.Contains(t, out, want)
	}
	require.Regexp(t, `(?m)^  faulty +✓ +✗ +✗ 0 of 5 +✗ 0 of 2`, out)
	require.Regexp(t, `(?m)^  weak +✗ +✓ +✗ 0 of 1 +✗ 2 of 3`, out)
}

// A sound exercise is proven, also where the learner has begun it.
func TestProveWithoutFault(t *testing.T) {
	slow(t)
	t.Parallel()
	p := newPlant(t)
	p.exercise("sound", map[string]string{
		"sound.go": strings.Replace(plantedStub, `panic("not begun")`, "return n * n, nil", 1),
		"testdata/mistakes.md": wrongs + squared +
			mistake("Hangs", "TestDouble", "still waiting after 800ms", hangs) +
			mistake("Panics", "TestDouble", "panic: no", "package %[1]s\n\nfunc Double(n int) (int, error) {\n\tif n != 0 {\n\t\tpanic(\"no\")\n\t}\n\treturn 0, nil\n}\n") +
			// Two texts of one size, with other imports, which are mended.
			mistake("One size", "TestDouble", "came:     9", strings.Replace(square, "\n\n", "\n\nvar _ = io.EOF \n\n", 1)) +
			mistake("Same size", "TestDouble", "came:     9", strings.Replace(square, "\n\n", "\n\nvar _ = os.Args\n\n", 1)) +
			rights + third,
	})
	hourAgo := time.Now().Add(-time.Hour)
	require.NoError(t, filepath.WalkDir(p.root, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(path, hourAgo, hourAgo))
	}))
	out := p.ok("prove", "sound", "-pristine=false")
	require.Contains(t, out, "proven")
	require.Contains(t, out, "begun here")
	out = p.ok("status")
	require.Regexp(t, `sound +failing +0/2  9 \(TestDouble`, out) // either test tells it first
}

// What a class may hand in.
func TestClass(t *testing.T) {
	slow(t)
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	p.exercise("again", nil)
	p.exercise("tiny", nil)
	p.write("01-one/exercises/order.txt", "tiny step\n")
	class := filepath.Join(p.root, "..", "class")
	hand := func(student, path, text string) {
		p.write("../class/"+student+"/"+path, strings.ReplaceAll(text, "%[1]s", "double"))
	}
	const file = "01-one/exercises/double/double.go"
	const lie = "func init() {\n\tfmt.Print(\"\\n\\x16=== RUN   TestDouble\\n\\x16--- PASS: TestDouble (0.00s)\\n\\x16=== RUN   TestDoubleOfNegatives\\n\\x16--- PASS: TestDoubleOfNegatives (0.00s)\\nPASS\\n\")\n\tos.Exit(0)\n}\n"
	hand("ann", file, "// Mine!\n"+solution)
	// The tests are made toothless, and the module is another.
	hand("cheat tests", file, square)
	hand("cheat tests", "01-one/exercises/double/double_test.go", "package double\n")
	hand("cheat tests", "docs/grade/grade.go", "package grade\n")
	hand("cheat tests", "go.mod", "module x\n")
	hand("twin", file, strings.NewReplacer("(n ", "(mine ", "n * n", "mine * mine").Replace(square))
	hand("exits", file, "package %[1]s\n\nimport \"os\"\n\nfunc Double(n int) (int, error) {\n\tif n != 0 {\n\t\tos.Exit(0)\n\t}\n\treturn 0, nil\n}\n")
	hand("exits", "01-one/exercises/double/help.go", "package double\n")
	hand("lies", file, "package %[1]s\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\n"+lie+"\n"+strings.TrimPrefix(square, "package %[1]s\n\n"))
	hand("nested", "dialtone/"+file, plantedStub)
	hand("notgo", file, "package double\n\nfunc Double(n int) int { return \n")
	hand("stub", file, plantedStub)
	hand("empty", "readme.txt", "")
	hand("__MACOSX", "ann/"+file, "")

	junit := filepath.Join(class, "grades.xml")
	out := p.ok("-class", class, "-csv", filepath.Join(class, "grades.csv"), "-junit", junit)
	graded, err := os.ReadFile(junit)
	require.NoError(t, err)
	var all suites
	require.NoError(t, xml.Unmarshal(graded, &all))
	counts := map[string][4]int{}
	for _, s := range all.Suites {
		counts[s.Name] = [4]int{s.Tests, s.Failures, s.Errors, s.Skipped}
	}
	require.Empty(t, cmp.Diff(map[string][4]int{"ann": {2, 0, 0, 1}, "cheat tests": {2, 1, 0, 1}, "exits": {2, 1, 0, 1}, "lies": {2, 1, 0, 1},
		"twin": {2, 1, 0, 1}, "nested": {2, 0, 0, 2}, "notgo": {2, 1, 0, 1}, "stub": {2, 0, 0, 2}, "empty": {3, 0, 1, 2}}, counts))
	_, code := p.drill("-class", class, "-gradescope", junit)
	require.Equal(t, 2, code, "more than one")
	text, err := os.ReadFile(filepath.Join(class, "grades.csv"))
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err, string(text))
	require.Equal(t, []string{"student", "done", "exercises", "01-one/again", "01-one/double", "look at", "quiz before", "quiz after"}, rows[0])
	got := map[string]string{}
	for _, row := range rows[1:] {
		words := strings.Fields(row[4])
		if len(words) > 3 {
			words = words[:4]
		}
		got[row[0]] = row[1] + " " + strings.Join(words, " ")
	}
	want := map[string]string{
		"ann":         "1 done",
		"cheat tests": "0 failing 0 of 2:",
		"exits":       "0 failing 0 of 2:",
		"lies":        "0 failing 0 of 2:",
		"twin":        "0 failing 0 of 2:",
		"nested":      "0 not begun",
		"notgo":       "0 failing 0 of 2:",
		"stub":        "0 not begun",
		"empty":       "0 ",
	}
	require.Empty(t, cmp.Diff(want, got), string(text)+out)
	require.Contains(t, string(text), filepath.Join("notgo", file)+":4:1: syntax error")
	require.Regexp(t, `twin,0,2,missing,"failing 0 of 2: 9 \(TestDouble.*; expected: -?6"`, string(text))
	for _, look := range []string{
		"ann: double: the course's own answer: have a look",
		"cheat tests: double: other tests than yours, not run: have a look",
		"cheat tests: double: the same answer as twin: have a look",
		"twin: double: the same answer as cheat tests: have a look",
		"exits: double: help.go beside it is not graded: have a look",
		"lies: double: an init function: have a look",
		"empty: no lessons in it",
	} {
		require.Contains(t, out, look)
	}

	// One student, in everything that is named: steps only so.
	p.write("../class/ann/01-one/exercises/tiny/tiny.go", strings.ReplaceAll(solution, "%[1]s", "tiny"))
	out = p.ok("-class", filepath.Join(class, "ann"), "tiny", "double")
	require.Regexp(t, `student +done +tiny +double\nann +2/2 +done +done\n`, out)
	require.Contains(t, out, "\nann: tiny, double: the course's own answer: have a look\n")
	require.Regexp(t, `student +done +again +double\n`, p.ok("-class", filepath.Join(class, "ann"), "01-one"))
}

// What Gradescope is told: of an answer that hangs, that it was cut at its
// limit; of one that was not found, where it is wanted.
func TestGradescope(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	p.write("../class/eve/01-one/exercises/double/double.go",
		"package double\n\nfunc init() { select {} }\n\nfunc Double(n int) (int, error) { return 0, nil }\n")
	p.write("../none/01-one/exercises/triple/triple.go", "")
	results := filepath.Join(p.root, "..", "results.json")
	for dir, output := range map[string]string{
		"none":             "01-one/exercises/double/double.go is missing",
		"class":            "not finished within 10ms",
		"class/eve":        "not finished within 10ms",
		"class/eve/01-one": "no lessons in it: want 01-basic/exercises/ask/ask.go and the like",
	} {
		out := p.ok("-class", filepath.Join(p.root, "..", dir), "-limit", "10ms", "-csv", "-", "-gradescope", results)
		require.Contains(t, out, "student,done,exercises,01-one/double,")
		text, err := os.ReadFile(results)
		require.NoError(t, err)
		require.JSONEq(t, `{"tests": [{"name": "01-one/double", "score": 0, "max_score": 2, "status": "failed", "output": "`+output+`"}]}`, string(text))
	}
}

func TestHintAnswerReset(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	for _, want := range []string{"hint 1 of 3\n\none\n", "hint 2 of 3\n\ntwo\n", "hint 3 of 3\n\nthree\n", "hint 3 of 3\n\nthree\n"} {
		out := p.ok("hint", "double")
		require.Contains(t, out, want)
	}
	out := p.ok("hint", "double", "1", "-lang", "zh")
	require.Contains(t, out, "提示 1 / 3\n\n一\n")

	out = p.ok("reset", "double")
	require.Contains(t, out, "is the stub already")
	mine := strings.ReplaceAll(strings.Replace(plantedStub, `panic("not begun")`, "return n * n, nil", 1), "%[1]s", "double")
	p.write("01-one/exercises/double/double.go", mine)
	out = p.ok("answer", "double")
	require.Contains(t, out, "- 	return n * n, nil")
	require.Contains(t, out, "+ func Double(n int) (int, error) { return 2 * n, nil }")
	out = p.ok("answer", "double", "-width", "140")
	require.Regexp(t, `return n \* n, nil +│ `, out)

	for range 2 { // in the same second: the second backup must not be the first
		p.write("01-one/exercises/double/double.go", mine)
		out := p.ok("reset", "01-one/double")
		require.Contains(t, out, "Your work is kept in 01-one/exercises/double/double.go.")
	}
	backups, err := fs.Glob(os.DirFS(p.root), "01-one/exercises/double/double.go.*.bak")
	require.NoError(t, err)
	require.Len(t, backups, 2)
	for _, b := range backups {
		text, err := os.ReadFile(filepath.Join(p.root, b))
		require.NoError(t, err)
		require.Equal(t, mine, string(text))
	}
	out = p.ok("status")
	require.Contains(t, out, "double      not begun")
	require.Contains(t, out, "0 of 1 done")
}

func TestStatusInChinese(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	out := p.ok("-lang", "zh")
	require.Contains(t, out, "double      未开始")
	require.Contains(t, out, "下一个：double")
	require.Contains(t, p.ok("-lang", "zh", "task", "double"), "Double 返回 n 的两倍。")
	out = p.ok("-lang", "zh", "-json", "task", "double")
	require.Equal(t, `{"Lesson":"01-one","Name":"double","Where":"01-one/exercises/double/double.go","Code":"func Double(n int) (int, error)",`+
		`"Task":"Double 返回 n 的两倍。","Hints":["一","二","三"]}`+"\n", out)
	out = p.ok("-lang", "zh", "-json")
	require.Equal(t, `{"Lesson":"01-one","Name":"double","Where":"01-one/exercises/double/double.go","State":"not begun","Mark":"·","Word":"未开始"}`+"\n", out)
}

func TestWatch(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		d := &drill{out: in, err: in, width: 80}
		ended <- d.main(ctx, []string{"watch", "-C", p.root, "-lang", "en"})
		in.Close()
	}()
	screen := bufio.NewScanner(out)
	wait := func(words string) {
		for screen.Scan() {
			if strings.Contains(screen.Text(), words) {
				return
			}
		}
		t.Fatalf("it ends before it says %q", words)
	}
	wait("double      not begun")
	wait("waiting for a save")
	p.write("01-one/exercises/double/double.go", strings.ReplaceAll(square, "%[1]s", "double"))
	wait("failing    0/2  9 (TestDouble") // either test tells it first
	wait("done:     Double(")
	p.write("01-one/exercises/double/double.go", strings.ReplaceAll(solution, "%[1]s", "double"))
	wait("1 of 1 done")
	cancel()
	out.Close()
	require.Equal(t, 0, <-ended)
}

func TestMutants(t *testing.T) {
	t.Parallel()
	all, err := mutants([]byte(`package x

import "io"

func f(r io.Reader, p []byte) error {
	if _, err := io.ReadFull(r, p[1:]); err != nil {
		return err
	}
	return nil
}
`))
	require.NoError(t, err)
	var ids []string
	for _, m := range all {
		ids = append(ids, m.id)
	}
	require.Empty(t, cmp.Diff([]string{
		"f: drop: if _, err := io.ReadFull(r, p[1:]); err != nil { return err…",
		"f: negate: err != nil -> !(err != nil)",
		"f: never: err != nil -> false && (err != nil)",
		"f: always: err != nil -> true || (err != nil)",
		"f: Read for ReadFull: io.ReadFull(r, p[1:]) -> r.Read(p[1:])",
		"f: bound: 1",
		"f: slice: p[1:] -> p",
		"f: off by one: 1 -> 2",
		"f: off by one: 1 -> 0",
		"f: operator: != -> ==",
		"f: return nil: err -> nil",
	}, ids))
}

// The mutants that one test rejects and another does not.
func TestMutate(t *testing.T) {
	slow(t)
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", map[string]string{
		"testdata/solution/double.go": "package double\n\nfunc Double(n int) (int, error) { return n + min(n, n), nil }\n",
		"testdata/mistakes.md":        "# Mutants that are no mistakes\n\n```text\nDouble: one of two: min(n, n) -> n\n    It is n all the same.\n```\n",
	})
	out, code := p.drill("mutate")
	require.Equal(t, 1, code, out)
	require.Regexp(t, `all +3 +1 +1 +50.0 %`, out)
	require.Contains(t, out, "survived 01-one/double: line 3: Double: one of two: min(n, n) -> n (2)\n")
}

func TestBadUsage(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	for _, row := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"dance"}, 2, `no command "dance"`},
		{[]string{"hint"}, 2, "hint what? Name an exercise: double"},
		{[]string{"hint", "triple"}, 2, `no exercise "triple"; there are double`},
		{[]string{"hint", "double", "4"}, 2, "want 1, 2 or 3"},
		{[]string{"-nope"}, 2, "flag provided but not defined: -nope"},
		{[]string{"-csv", "x"}, 2, "go with -class"},
		{[]string{"-json", "hint", "double"}, 2, "-json goes with status and task"},
		{[]string{"-class", "/no/such/folder"}, 1, "-class: "},
		{[]string{"-class", p.root, "prove"}, 2, `no exercise "prove"; there are double`},
		{[]string{"-h"}, 0, "go run ./docs/drill"}, // in the language of the system,
	} {
		out, code := p.drill(row.args...)
		require.Equal(t, row.code, code, "%v: %s", row.args, out)
		require.Contains(t, out, row.want)
	}
	var out bytes.Buffer
	d := &drill{out: &out, err: &out, width: 80}
	require.Equal(t, 1, d.main(context.Background(), []string{"-C", t.TempDir()}))
	require.Contains(t, out.String(), "no go.mod in")
}

// Lines are broken where a reader of either language breaks them.
func TestWrap(t *testing.T) {
	require.Equal(t, "一二三四五，\n六七 word。", wrap("一二三四五，六七 word。", 12))
	require.Equal(t, "- one two\n  three", wrap("- one two three", 10))
	require.Equal(t, "读 io.EOF，再写 buf。\n\n    code {\n    }\nend of it", join("读\nio.EOF，\n再\n写 buf。\n\n    code {\n    }\nend\nof it"))
	require.NotContains(t, wrap(join("for { n, err := conn.Read(buf)；返回 err }"), 40), "\n}")
}

// A stub is found again: in git, or in what the learner has made of it.
func TestStubAgain(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	c, err := findCourse(p.root)
	require.NoError(t, err)
	e := c.exercises[0]
	want, err := os.ReadFile(e.file())
	require.NoError(t, err)
	begun := strings.Replace(string(want), "\tpanic(\"not begun\")\n", "\treturn twice(fmt.Sprint(n)), nil\n", 1)
	begun = strings.Replace(begun, "double\n\n//", "double\n\nimport \"fmt\"\n\n//", 1) + "\nfunc twice(s string) int { return 2 * len(s) }\n"
	p.write("01-one/exercises/double/double.go", begun)
	require.False(t, e.untouched())
	got, err := e.stub()
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// A run draws one picture. Where another failure than the first has it, that
// one is shown too.
func TestThePictureIsShown(t *testing.T) {
	e := &exercise{course: &course{module: "m"}, lesson: "l", name: "p", tests: []string{"TestA", "TestB"}}
	g := &grade{exercise: e, output: map[string]string{}, end: map[string]string{}}
	readEvents([]byte(strings.ReplaceAll(`{"Action":"output","Package":"p","Test":"TestA","Output":"    x_test.go:1: first\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    x_test.go:2: second\n │ Accept │\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p"}
`, `"p"`, `"m/l/exercises/p"`)), []*grade{g})
	g.read()
	require.Equal(t, "TestA: x_test.go:1: first", g.first)
	require.Equal(t, "    x_test.go:1: first\n    x_test.go:2: second\n │ Accept │", g.full)
}

// The line above a picture names its ends: it is shown too.
func TestAPictureHasItsEnds(t *testing.T) {
	want := "           client  server\n            │ Accept │\n"
	require.Equal(t, want, picture.FindString("    draw.go:129: \n"+want+"--- PASS: TestA (0.00s)\n"))
}
