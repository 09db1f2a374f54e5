package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// course is a checkout: the folder with go.mod and the numbered lessons.
type course struct {
	root      string // absolute
	module    string
	exercises []*exercise // by lesson, in the order of difficulty if it is known
}

// exercise is one folder NN-lesson/exercises/NAME.
type exercise struct {
	course *course
	lesson string // 01-basic
	name   string // ask
	dir    string // absolute
	kind   string // "step": a few minutes; "hunt": the answer is a test; "": an exercise
}

var lessonName = regexp.MustCompile(`^\d\d-`)

// findCourse looks for the checkout that dir belongs to.
func findCourse(dir string) (*course, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	// Links are resolved since the go command resolves them: a replacement
	// under another name of the same folder would silently not happen.
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	for at := abs; ; at = filepath.Dir(at) {
		if mod, err := os.ReadFile(filepath.Join(at, "go.mod")); err == nil {
			m := regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)`).FindSubmatch(mod)
			if m == nil {
				return nil, fmt.Errorf("%s names no module", filepath.Join(at, "go.mod"))
			}
			c := &course{root: at, module: string(m[1])}
			c.exercises, err = c.find()
			return c, err
		}
		if at == filepath.Dir(at) {
			return nil, fmt.Errorf("no go.mod in %s or above it: run this inside the course's folder, or give it with -C", abs)
		}
	}
}

func (c *course) find() ([]*exercise, error) {
	lessons, err := os.ReadDir(c.root)
	if err != nil {
		return nil, err
	}
	var all []*exercise
	for _, l := range lessons {
		if !l.IsDir() || !lessonName.MatchString(l.Name()) {
			continue
		}
		dir := filepath.Join(c.root, l.Name(), "exercises")
		entries, err := os.ReadDir(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		var of []*exercise
		for _, e := range entries {
			if e.IsDir() && e.Name() != "internal" && e.Name() != "testdata" {
				of = append(of, &exercise{course: c, lesson: l.Name(), name: e.Name(), dir: filepath.Join(dir, e.Name())})
			}
		}
		all = append(all, inOrder(dir, of)...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no exercises in %s: they are the folders NN-lesson/exercises/NAME", c.root)
	}
	return all, nil
}

// inOrder sorts by the lesson's exercises/order.txt, one name a line, where
// there is one; what it does not name comes last. "NAME step" and "NAME hunt" are of
// that kind.
func inOrder(dir string, es []*exercise) []*exercise {
	text, _ := os.ReadFile(filepath.Join(dir, "order.txt"))
	var order []string
	for line := range strings.Lines(string(text)) {
		name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		order = append(order, name)
		for _, e := range es {
			if e.name == name {
				e.kind = kind
			}
		}
	}
	place := func(e *exercise) int {
		if i := slices.Index(order, e.name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(es, func(a, b *exercise) int { return place(a) - place(b) })
	return es
}

// without leaves out the exercises of some kinds, where there are others.
func without(es []*exercise, kinds ...string) []*exercise {
	if rest := slices.DeleteFunc(slices.Clone(es), func(e *exercise) bool { return slices.Contains(kinds, e.kind) }); len(rest) > 0 {
		return rest
	}
	return es
}

// choose finds exercises by name or path; with no words, all of them.
func (c *course) choose(words []string) ([]*exercise, error) {
	if len(words) == 0 {
		return c.exercises, nil
	}
	var chosen []*exercise
	for _, w := range words {
		var hits []*exercise
		clean := strings.Trim(strings.ReplaceAll(strings.TrimSuffix(filepath.ToSlash(w), ".go"), "exercises/", ""), "./")
		for _, e := range c.exercises {
			if clean == e.name || clean == e.lesson || clean == e.lesson+"/"+e.name || clean == e.lesson+"/"+e.name+"/"+e.name {
				hits = append(hits, e)
			}
		}
		if len(hits) == 0 {
			return nil, fmt.Errorf("no exercise %q; there are %s", w, c.names())
		}
		if len(hits) > 1 && clean == hits[0].name {
			return nil, fmt.Errorf("%q is in more than one lesson: say %s/%s or %s/%s", w, hits[0].lesson, w, hits[1].lesson, w)
		}
		chosen = append(chosen, hits...)
	}
	return chosen, nil
}

func (c *course) names() string {
	var names []string
	for _, e := range c.exercises {
		names = append(names, e.name)
	}
	return strings.Join(names, ", ")
}

func (e *exercise) file() string { return filepath.Join(e.dir, e.name+".go") }
func (e *exercise) testdata(p ...string) string {
	return filepath.Join(append([]string{e.dir, "testdata"}, p...)...)
}
func (e *exercise) solution() string   { return e.testdata("solution", e.name+".go") }
func (e *exercise) short() string      { return e.lesson + "/exercises/" + e.name }
func (e *exercise) where() string      { return e.short() + "/" + e.name + ".go" }
func (e *exercise) pattern() string    { return "./" + e.short() }
func (e *exercise) importPath() string { return e.course.module + "/" + e.short() }

// untouched reports whether the file is the stub: then it is not begun, and
// nothing has to be compiled to know it.
func (e *exercise) untouched() bool {
	mine, err := os.ReadFile(e.file())
	return err == nil && isStub(mine)
}

// isStub reports whether src is a stub: all that its functions do is to
// panic with "not begun".
func isStub(src []byte) bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	found := false
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			if fn.Body == nil || string(bytes.Join(bytes.Fields(src[fn.Body.Pos()-f.FileStart:fn.Body.End()-f.FileStart]), []byte(" "))) != `{ panic("not begun") }` {
				return false
			}
			found = true
		}
	}
	return found
}

// stub is the empty exercise: the file as it stands if nobody has begun it,
// else as git last saw it so, else what is left of it without the answer.
func (e *exercise) stub() ([]byte, error) {
	mine, err := os.ReadFile(e.file())
	if mine = unix(mine); err == nil && isStub(mine) {
		return mine, nil
	}
	git := func(args ...string) []byte {
		out, _ := exec.Command("git", append([]string{"-C", e.dir}, args...)...).Output()
		return unix(out)
	}
	for commit := range strings.FieldsSeq(string(git("log", "--format=%H", "--", e.name+".go"))) {
		if old := git("show", commit+":./"+e.name+".go"); isStub(old) {
			return old, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not there, and git has no empty one: take it from a fresh copy of the course", e.where())
	}
	return emptied(mine, e)
}

// emptied is src without the answer: its exported functions do nothing, and
// nothing that an answer has added is left.
func emptied(src []byte, e *exercise) ([]byte, error) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, e.file(), src, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("%w: git has no empty one either; take it from a fresh copy of the course", err)
	}
	var out bytes.Buffer
	text := func(from, to token.Pos) string {
		return string(src[files.Position(from).Offset:files.Position(to).Offset])
	}
	out.WriteString(text(f.FileStart, f.Name.End()) + "\n")
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc != nil && d.Recv == nil {
				out.WriteString("\n" + text(d.Doc.Pos(), d.Type.End()) + " {\n\tpanic(\"not begun\")\n}\n")
			}
		case *ast.GenDecl:
			if d.Doc != nil {
				out.WriteString("\n" + text(d.Doc.Pos(), d.End()) + "\n")
			}
		}
	}
	stub, err := mendImports(out.Bytes())
	if err != nil {
		return nil, err
	}
	return format.Source(stub)
}

// unix is text without the carriage returns that git may add on Windows.
func unix(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }

// escape keeps a folder's name from being read as a pattern. (On Windows
// there is no escaping, and no need for it in the names used.)
func escape(path string) string {
	if filepath.Separator == '\\' {
		return path
	}
	return regexp.MustCompile(`[*?[\\]`).ReplaceAllString(path, `\$0`)
}

// tests are the exercise's test functions, in the order of the file.
func (e *exercise) tests() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(escape(e.dir), "*_test.go"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") && fn.Name.Name != "TestMain" {
				names = append(names, fn.Name.Name)
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no tests", e.short())
	}
	return names, nil
}

// parsed is the stub, read; text is what stands in it from one place to another.
func (e *exercise) parsed() (f *ast.File, text func(from, to token.Pos) string, err error) {
	src, err := e.stub()
	if err != nil {
		return nil, nil, err
	}
	f, err = parser.ParseFile(token.NewFileSet(), e.file(), src, parser.ParseComments)
	return f, func(from, to token.Pos) string { return string(src[from-f.FileStart : to-f.FileStart]) }, err
}

// functions are what the stub exports: what is to be written.
func (e *exercise) functions() (all []*ast.FuncDecl, err error) {
	f, _, err := e.parsed()
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.IsExported() && fn.Doc != nil {
			all = append(all, fn)
		}
	}
	if len(all) == 0 {
		err = fmt.Errorf("%s: no doc comment with the task", e.where())
	}
	return all, err
}

// taskEnglish is the doc comments of the stub's exported functions.
func (e *exercise) taskEnglish() (string, error) {
	all, err := e.functions()
	var texts []string
	for _, fn := range all {
		texts = append(texts, strings.TrimRight(fn.Doc.Text(), "\n"))
	}
	return strings.Join(texts, "\n\n"), err
}

// signatures are the lines to complete, and what they speak of: the stub's
// exported types, constants and variables, as they stand there.
func (e *exercise) signatures() string {
	f, text, err := e.parsed()
	if err != nil {
		return ""
	}
	var all, lines []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() {
				lines = append(lines, text(d.Pos(), d.Type.End()))
			}
		case *ast.GenDecl:
			from := d.Pos()
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
			if d.Tok != token.IMPORT {
				all = append(all, text(from, d.End()))
			}
		}
	}
	return strings.Join(append(all, strings.Join(lines, "\n")), "\n\n")
}

func (e *exercise) task(d *drill) (string, error) {
	if d.Pick("en", "zh") == "en" {
		return e.taskEnglish()
	}
	help, err := e.help()
	return help.task, err
}

// help is testdata/help.md: the task in Chinese, and three hints in either
// language (one for a step or a hunt) with a line --- between them.
type help struct {
	hints, chinese []string
	task           string
}

func (e *exercise) help() (help, error) {
	file := e.testdata("help.md")
	text, err := os.ReadFile(file)
	if err != nil {
		return help{}, err
	}
	rest, ok := strings.CutPrefix(string(unix(text)), "# 题目\n")
	task, rest, ok1 := strings.Cut(rest, "\n# Hints\n")
	hints, chinese, ok2 := strings.Cut(rest, "\n# 提示\n")
	if !ok || !ok1 || !ok2 {
		return help{}, fmt.Errorf("%s: want the headings # 题目, # Hints and # 提示", file)
	}
	split := func(s string) []string { return strings.Split(strings.Trim(s, "\n"), "\n\n---\n\n") }
	h := help{split(hints), split(chinese), strings.Trim(task, "\n")}
	want := 3
	if e.kind != "" {
		want = 1
	}
	if len(h.hints) != want || len(h.chinese) != want {
		return h, fmt.Errorf("%s: %d and %d hints, want %d in either language (a line --- between them)", file, len(h.hints), len(h.chinese), want)
	}
	return h, nil
}

// truncate cuts s to n columns; a Chinese character takes two.
func truncate(s string, n int) string { return runewidth.Truncate(s, n, "…") }

// pad fills s to n columns.
func pad(s string, n int) string { return runewidth.FillRight(s, n) }

// wrap breaks text into lines of at most n columns: at spaces, and between
// Chinese characters. Lines that begin with spaces are left as they are.
func wrap(text string, n int) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		hang := ""
		if strings.HasPrefix(line, "- ") {
			hang = "  "
		}
		for runewidth.StringWidth(line) > n && !strings.HasPrefix(line, "    ") {
			cut := breakAt(line, n)
			out = append(out, strings.TrimRight(line[:cut], " "))
			line = hang + strings.TrimLeft(line[cut:], " ")
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// join makes one line of each paragraph, so that wrap alone decides where
// lines end. Between Chinese characters, or beside their punctuation, a
// line's end was no space; lines of code stay as they are.
func join(text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		last := len(out) - 1
		if last < 0 || line == "" || out[last] == "" || strings.HasPrefix(line, "- ") ||
			strings.HasPrefix(line, "    ") || strings.HasPrefix(out[last], "    ") {
			out = append(out, line)
			continue
		}
		a, _ := utf8.DecodeLastRuneInString(out[last])
		b, _ := utf8.DecodeRuneInString(line)
		both := runewidth.RuneWidth(a) == 2 && runewidth.RuneWidth(b) == 2
		if !both && !strings.ContainsRune(fullWidth, a) && !strings.ContainsRune(fullWidth, b) {
			out[last] += " "
		}
		out[last] += line
	}
	return strings.Join(out, "\n")
}

const fullWidth = "，。；：、！？（）“”"

// breakAt is where to break a line: not before closing punctuation, and not
// inside a word.
func breakAt(line string, n int) int {
	best, width := 0, 0
	var before rune
	for i, r := range line {
		wide := runewidth.RuneWidth(r) == 2 || runewidth.RuneWidth(before) == 2
		if width > 4 && (before == ' ' || wide) && !strings.ContainsRune("，。；：、！？）」”’…—})", r) && r != ' ' && before != '（' && before != '“' {
			best = i
		}
		if width += runewidth.RuneWidth(r); width > n && best > 0 {
			return best
		}
		before = r
	}
	return len(line)
}
