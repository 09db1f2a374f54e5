package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/dialtone/docs/ladder"
)

// course is a checkout: the folder with go.mod and the numbered lessons.
type course struct {
	root      string // absolute
	module    string
	exercises []*exercise // by lesson, in the order of difficulty if it is known
	env       []string    // for the go command
}

// exercise is one folder NN-lesson/exercises/NAME.
type exercise struct {
	course *course
	lesson string   // 01-basic
	name   string   // ask
	dir    string   // absolute
	tests  []string // its test functions, in the order of the file
	kind   string   // "step": a few minutes; "hunt": the answer is a test; "": an exercise
}

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

// find gives the folders NN-lesson/exercises/NAME in the order of the lesson's
// exercises/order.txt, one name a line, where there is one; what it does not
// name comes last. "NAME step" and "NAME hunt" are of that kind.
func (c *course) find() (all []*exercise, err error) {
	here := os.DirFS(c.root)
	dirs, err := fs.Glob(here, "[0-9][0-9]-*/exercises/*/testdata")
	if err != nil {
		return nil, err
	}
	places := map[*exercise]int{}
	for _, dir := range dirs {
		part := strings.Split(dir, "/")
		e := &exercise{course: c, lesson: part[0], name: part[2], dir: filepath.Join(c.root, part[0], part[1], part[2])}
		order, _ := fs.ReadFile(here, part[0]+"/exercises/order.txt")
		lines := strings.Split(string(unix(order)), "\n")
		places[e] = slices.IndexFunc(lines, func(line string) bool {
			name, kind, _ := strings.Cut(line, " ")
			if name == e.name {
				e.kind = kind
			}
			return name == e.name
		})
		if places[e] < 0 {
			places[e] = len(lines)
		}
		if e.tests, err = findTests(e.dir); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no exercises in %s: they are the folders NN-lesson/exercises/NAME", c.root)
	}
	slices.SortStableFunc(all, func(a, b *exercise) int {
		return cmp.Or(strings.Compare(a.lesson, b.lesson), places[a]-places[b])
	})
	return all, nil
}

// without leaves out the exercises of some kinds, where there are others.
func without(es []*exercise, kinds ...string) []*exercise {
	if rest := slices.DeleteFunc(slices.Clone(es), func(e *exercise) bool { return slices.Contains(kinds, e.kind) }); len(rest) > 0 {
		return rest
	}
	return es
}

// choose finds exercises by name or path; with no words, all of them. Those
// of some kinds are found only by their own name.
func (c *course) choose(words []string, but ...string) ([]*exercise, error) {
	if len(words) == 0 {
		return without(c.exercises, but...), nil
	}
	var chosen []*exercise
	for _, w := range words {
		var hits []*exercise
		clean := strings.Trim(strings.ReplaceAll(strings.TrimSuffix(filepath.ToSlash(w), ".go"), "exercises/", ""), "./")
		for _, e := range c.exercises {
			named := clean == e.name || clean == e.lesson+"/"+e.name || clean == e.lesson+"/"+e.name+"/"+e.name
			if named || clean == e.lesson && !slices.Contains(but, e.kind) {
				hits = append(hits, e)
			}
		}
		if len(hits) == 0 {
			return nil, fmt.Errorf("no exercise %q; there are %s", w, c.names())
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
	f, text, err := parse(src)
	if err != nil {
		return false
	}
	found := false
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			if fn.Body == nil || strings.Join(strings.Fields(text(fn.Body.Pos(), fn.Body.End())), " ") != `{ panic("not begun") }` {
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
	if mine, err = emptied(mine); err != nil {
		err = fmt.Errorf("%s: %w: git has no empty one either; take it from a fresh copy of the course", e.where(), err)
	}
	return mine, err
}

// emptied is src without the answer: its exported functions do nothing, and
// nothing that an answer has added is left.
func emptied(src []byte) ([]byte, error) {
	f, text, err := parse(src)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
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

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(t `)

func findTests(dir string) (names []string, err error) {
	here := os.DirFS(dir)
	files, err := fs.Glob(here, "*_test.go")
	for _, file := range files {
		text, err := fs.ReadFile(here, file)
		if err != nil {
			return nil, err
		}
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
	}
	if len(names) == 0 && err == nil {
		err = fmt.Errorf("%s has no tests", dir)
	}
	return names, err
}

// parse reads src; text is what stands in it from one place to another.
func parse(src []byte) (f *ast.File, text func(from, to token.Pos) string, err error) {
	f, err = parser.ParseFile(token.NewFileSet(), "", src, parser.ParseComments)
	return f, func(from, to token.Pos) string { return string(src[from-f.FileStart : to-f.FileStart]) }, err
}

// asks is what the stub asks for: the names of its exported functions, the
// task in their doc comments, and the lines to complete with what they speak
// of: the stub's types, constants and variables.
func (e *exercise) asks() (names []string, task, signatures string, err error) {
	src, err := e.stub()
	if err != nil {
		return nil, "", "", err
	}
	f, text, err := parse(src)
	if err != nil {
		return nil, "", "", err
	}
	var tasks, all, lines []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc != nil {
				names = append(names, d.Name.Name)
				tasks = append(tasks, strings.TrimRight(d.Doc.Text(), "\n"))
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
	if names == nil {
		err = fmt.Errorf("%s: no doc comment with the task", e.where())
	}
	return names, strings.Join(tasks, "\n\n"), strings.Join(append(all, strings.Join(lines, "\n")), "\n\n"), err
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
	body := parts(text)
	hints := func(part string) []string { return strings.Split(strings.Trim(body[part], "\n"), "\n\n---\n\n") }
	h := help{hints("Hints"), hints("提示"), strings.Trim(body["题目"], "\n")}
	want := 3
	if e.kind != "" {
		want = 1
	}
	if h.task == "" || len(h.hints) != want || len(h.chinese) != want {
		return h, fmt.Errorf("%s: want # 题目, and %d below # Hints and # 提示 each (a line --- between them); there are %d and %d",
			file, want, len(h.hints), len(h.chinese))
	}
	return h, nil
}

// parts are what stands below the headings of level 1 in a page of ours.
func parts(page []byte) map[string]string {
	all := map[string]string{}
	for _, part := range strings.Split("\n"+string(unix(page)), "\n# ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		all[heading] = body
	}
	return all
}

// cut is s in at most n columns; a Chinese character takes two.
func cut(s string, n int) string { return ladder.Cut(strings.ReplaceAll(s, "\t", "    "), n) }

// pad fills s, which may carry colour, to n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-ladder.Width(ansi.ReplaceAllString(s, ""))))
}

// wrap breaks text into lines of at most n columns: at spaces, and between
// Chinese characters. Lines that begin with spaces are left as they are.
func wrap(text string, n int) string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, " }", "\u00a0}"), "\n") {
		item, listed := strings.CutPrefix(line, "- ")
		switch {
		case ladder.Width(line) <= n || strings.HasPrefix(line, "    "):
			out = append(out, line)
		case listed:
			out = append(out, "- "+strings.Join(ladder.Fold(item, n-2), "\n  "))
		default:
			out = append(out, ladder.Fold(line, n)...)
		}
	}
	return strings.ReplaceAll(strings.Join(out, "\n"), "\u00a0}", " }")
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
		both := ladder.Width(string(a)) == 2 && ladder.Width(string(b)) == 2
		if !both && !strings.ContainsRune(fullWidth, a) && !strings.ContainsRune(fullWidth, b) {
			out[last] += " "
		}
		out[last] += line
	}
	return strings.Join(out, "\n")
}

const fullWidth = "，。；：、！？（）“”"
