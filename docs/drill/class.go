package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/dialtone/docs/ladder"
)

// checkout is one student's copy of the course.
type checkout struct {
	name   string // the folder's in -class
	root   string
	grades map[*exercise]*grade
	look   []look // what a teacher may want to look at
	err    error
}

// gradeClass grades every checkout with this checkout's tests: only the
// student's NAME.go files are used, in the place of this checkout's.
func (d *drill) gradeClass(ctx context.Context, es []*exercise) error {
	class, err := findCheckouts(d.class)
	if err != nil {
		return err
	}
	if d.gradescope != "" && len(class) != 1 {
		return usageError{fmt.Errorf("-gradescope: %d checkouts in %s; give the folder of one", len(class), d.class)}
	}
	for i, c := range class {
		if d.terminal {
			fmt.Fprintf(d.err, "\r\x1b[K%d/%d %s", i+1, len(class), c.name)
		}
		if c.err == nil {
			c.err = d.gradeCheckout(ctx, es, c)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if d.terminal {
		fmt.Fprint(d.err, "\r\x1b[K")
	}
	compare(es, class)
	if err := d.exports(es, class); err != nil {
		return err
	}
	d.classTable(es, class)
	return nil
}

// findCheckouts are the folders in dir, with lessons in them or one level
// further down. A dir that holds lessons itself, or no folder, is one
// student's.
func findCheckouts(dir string) ([]*checkout, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(abs)
	if err != nil {
		return nil, fmt.Errorf("-class: %w", err)
	}
	one := newCheckout(abs, "")
	if one.err == nil {
		return []*checkout{one}, nil
	}
	var class []*checkout
	for _, entry := range entries {
		root := filepath.Join(abs, entry.Name())
		if info, err := os.Stat(root); err != nil || !info.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if entry.Name() == "__MACOSX" { // a Mac adds it to each zip
			continue
		}
		class = append(class, newCheckout(root, "*/", ""))
	}
	if class == nil {
		class = []*checkout{one}
	}
	return class, nil
}

func newCheckout(root string, where ...string) *checkout {
	c := &checkout{name: filepath.Base(root), root: root, err: errors.New("no lessons in it: want 01-basic/exercises/ask/ask.go and the like")}
	for _, at := range where {
		if found, _ := fs.Glob(os.DirFS(root), at+"[0-9][0-9]-*/exercises"); found != nil {
			c.root, c.err = filepath.Join(root, found[0], "..", ".."), nil
		}
	}
	return c
}

// gradeCheckout runs the course's tests over one checkout's answers.
func (d *drill) gradeCheckout(ctx context.Context, es []*exercise, c *checkout) error {
	dir, err := os.MkdirTemp("", "drill")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	grades, begun := begin(es, c.file)
	secret := rand.Text()
	ov := replace{}
	for _, g := range begun {
		ov[g.file()] = g.source
		hideOthers(ov, g.exercise)
		ov[filepath.Join(g.dir, "zz_witness_test.go")] = []byte(testMain(g.exercise, secret))
		c.suspect(g)
	}
	for _, e := range es {
		c.beside(e)
	}
	overlay, err := ov.save(dir, "checkout")
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	_, err = d.course.run(limited, begun, "-count=1", "-vet=off", "-overlay="+overlay)
	if err != nil && (limited.Err() == nil || ctx.Err() != nil) {
		return err
	}
	for _, g := range begun {
		if g.said+g.build == "" || limited.Err() != nil && g.end[""] == "" && g.build == "" {
			g.state, g.first = failing, fmt.Sprintf("not finished within %v", d.limit)
			continue
		}
		// What the compiler complains of is the student's file, not our copy.
		theirs := filepath.Join(c.name, g.lesson, "exercises", g.name)
		g.build = copyPath.ReplaceAllLiteralString(g.build, theirs+string(filepath.Separator))
		g.read()
		g.believe(secret)
	}
	c.grades = grades
	return nil
}

// grade is of no state where the checkout could not be graded.
func (c *checkout) grade(e *exercise) *grade { return cmp.Or(c.grades[e], &grade{exercise: e}) }

// file is the student's answer.
func (c *checkout) file(e *exercise) string {
	return filepath.Join(c.root, e.lesson, "exercises", e.name, e.name+".go")
}

// copyPath is a folder of an overlay, as the compiler names it.
var copyPath = regexp.MustCompile(`\S*checkout\.files[/\\]\d+[/\\]`)

// testMain reports, under a word that an answer cannot know, what package
// grade has seen of each test. What an answer prints, and an os.Exit(0) of
// its own, then count for nothing.
func testMain(e *exercise, secret string) string {
	return fmt.Sprintf(`package %s_test

import (
	"fmt"
	"os"
	"testing"

	witness "%s/docs/grade"
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, result := range witness.Results() {
		fmt.Printf("\n%s %%s\n", result)
	}
	os.Exit(code)
}
`, e.name, e.course.module, secret)
}

// believe takes back what only the answer's own words claim.
func (g *grade) believe(secret string) {
	if !g.built || g.state == notBegun && g.passed == 0 {
		return
	}
	seen := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^`+secret+` (\w+) (\w+)$`).FindAllStringSubmatch(g.said, -1) {
		seen[m[1]] = m[2]
	}
	g.passed = 0
	for _, t := range g.tests {
		if end := seen[t]; end == g.end[t] && (end == "pass" || end == "skip") {
			g.passed++
		}
	}
	if g.state == done && g.passed < len(g.tests) {
		g.state, g.first = failing, "the tests did not run to their end, whatever was printed"
	}
}

// look is what a teacher may want to look at, in both languages, and in
// which exercises.
type look struct {
	in     []string
	en, zh string
}

func (c *checkout) add(e *exercise, en, zh string) {
	i := slices.IndexFunc(c.look, func(l look) bool { return l.en == en })
	if i < 0 {
		i, c.look = len(c.look), append(c.look, look{nil, en, zh})
	}
	c.look[i].in = append(c.look[i].in, e.name)
}

// suspect notes what an answer seldom needs.
func (c *checkout) suspect(g *grade) {
	f, err := parser.ParseFile(token.NewFileSet(), "", g.source, 0)
	if err != nil {
		return
	}
	var odd []string
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if !slices.Contains(known, path) {
			odd = append(odd, path)
		}
	}
	if odd != nil {
		c.add(g.exercise, "imports "+strings.Join(odd, ", "), "导入了 "+strings.Join(odd, ", "))
	}
	if slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Name.Name == "init" && fn.Recv == nil
	}) {
		c.add(g.exercise, "an init function", "有 init 函数")
	}
}

// beside notes what stands beside the answer and was not taken.
func (c *checkout) beside(e *exercise) {
	here := os.DirFS(filepath.Dir(c.file(e)))
	files, _ := fs.Glob(here, "*.go")
	for _, name := range files {
		switch {
		case name == e.name+"_test.go":
			theirs, _ := fs.ReadFile(here, name)
			ours, _ := os.ReadFile(filepath.Join(e.dir, name))
			if !bytes.Equal(unix(theirs), unix(ours)) {
				c.add(e, "other tests than yours, not run", "测试和你的不一样（没有运行）")
			}
		case name != e.name+".go" && !strings.HasSuffix(name, "_test.go"):
			c.add(e, name+" beside it is not graded", "旁边的 "+name+" 不批改")
		}
	}
}

// compare notes whose answer is the course's own, or another student's.
func compare(es []*exercise, class []*checkout) {
	for _, e := range es {
		same := map[string][]*checkout{}
		for _, c := range class {
			if src := c.grade(e).source; src != nil && !isStub(src) {
				same[tokens(src)] = append(same[tokens(src)], c)
			}
		}
		if solution, err := os.ReadFile(e.solution()); err == nil {
			for _, c := range same[tokens(solution)] {
				c.add(e, "the course's own answer", "就是课程自带的参考答案")
			}
			delete(same, tokens(solution))
		}
		for _, group := range same {
			var names []string
			for _, c := range group {
				names = append(names, c.name)
			}
			for i, c := range group {
				if others := slices.Delete(slices.Clone(names), i, i+1); len(others) > 0 {
					c.add(e, "the same answer as "+strings.Join(others, ", "), "和 "+strings.Join(others, "、")+" 的答案相同")
				}
			}
		}
	}
}

// tokens are src without comments and spaces. What an answer calls its own
// counts for nothing: each name is the number of its first appearance.
func tokens(src []byte) string {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), src, nil, 0)
	var all []string
	names := map[string]string{}
	before := token.ILLEGAL
	for {
		_, tok, text := s.Scan()
		if tok == token.EOF {
			return strings.Join(all, " ")
		}
		if tok == token.IDENT && before != token.PERIOD && types.Universe.Lookup(text) == nil {
			names[text] = cmp.Or(names[text], strconv.Itoa(len(names)))
			text = names[text]
		}
		all = append(all, tok.String()+text)
		before = tok
	}
}

// word is a grade in a cell.
func (d *drill) word(g *grade) string {
	switch {
	case g.state == "":
		return "-"
	case g.note == missing:
		return d.Pick("missing", "缺失")
	case g.state == done:
		return d.Pick("done", "完成")
	case g.state == notBegun:
		return "·"
	case g.first != "" && strings.HasPrefix(g.first, "not finished"):
		return d.Pick("time", "超时")
	case !g.built:
		return d.Pick("build", "编译错误")
	}
	return fmt.Sprintf("%d/%d", g.passed, len(g.tests))
}

func (c *checkout) complete() int {
	n := 0
	for _, g := range c.grades {
		if g.state == done {
			n++
		}
	}
	return n
}

func (d *drill) classTable(es []*exercise, class []*checkout) {
	header := []string{d.Pick("student", "学生"), d.Pick("done", "完成")}
	for _, e := range es {
		header = append(header, e.name)
	}
	// A long name must not take the room of the columns.
	longest := max(12, d.width/3)
	rows := [][]string{header}
	for _, c := range class {
		row := []string{cut(ladder.Clean(c.name), longest), fmt.Sprintf("%d/%d", c.complete(), len(es))}
		for _, e := range es {
			row = append(row, d.word(c.grade(e)))
		}
		rows = append(rows, row)
	}
	for i := range header {
		widest := 0
		for _, row := range rows {
			widest = max(widest, ladder.Width(row[i]))
		}
		for _, row := range rows {
			row[i] = pad(row[i], widest)
		}
	}
	// A class has more columns than a terminal: the exercises are set in
	// blocks, each with the names in front.
	for from := 2; from < len(header); {
		line := func(row []string, to int) string { return strings.Join(slices.Concat(row[:2], row[from:to]), "  ") }
		to := from + 1
		for to < len(header) && ladder.Width(line(header, to+1))+2 <= d.width {
			to++
		}
		for _, row := range rows {
			fmt.Fprintln(d.out, strings.TrimRight(line(row, to), " "))
		}
		fmt.Fprintln(d.out)
		from = to
	}
	d.gain(class)
	for _, c := range class {
		if c.err != nil {
			fmt.Fprintf(d.out, "%s: %v\n", ladder.Clean(c.name), c.err)
		}
		for _, look := range c.look {
			d.say("%s: %s: %s: have a look", "%s：%s：%s，值得看一看", ladder.Clean(c.name),
				strings.Join(look.in, d.Pick(", ", "、")), ladder.Clean(d.Pick(look.en, look.zh)))
		}
	}
}

// classCSV is the table for a spreadsheet.
func classCSV(es []*exercise, class []*checkout) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := []string{"student", "done", "exercises"}
	for _, e := range es {
		header = append(header, e.lesson+"/"+e.name)
	}
	w.Write(append(header, "look at", "quiz before", "quiz after"))
	for _, c := range class {
		row := []string{cell(c.name), strconv.Itoa(c.complete()), strconv.Itoa(len(es))}
		for _, e := range es {
			text := string(c.grade(e).state)
			if g := c.grade(e); g.state == failing {
				text = fmt.Sprintf("failing %d of %d: %s", g.passed, len(g.tests), g.first)
				if m := expected.FindStringSubmatch(g.full); m != nil {
					text += "; expected: " + m[1]
				}
				text = cell(text)
			} else if g.note == missing {
				text = missing
			}
			row = append(row, text)
		}
		var looks []string
		for _, l := range c.look {
			looks = append(looks, strings.Join(l.in, ", ")+": "+l.en)
		}
		if c.err != nil {
			looks = []string{c.err.Error()}
		}
		before, after := "", ""
		if s, ok := c.quiz(); ok {
			before = strconv.Itoa(s.before)
			if s.after >= 0 {
				after = strconv.Itoa(s.after)
			}
		}
		w.Write(append(row, cell(strings.Join(looks, "; ")), before, after))
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// cell keeps a spreadsheet from taking a name for a formula.
func cell(s string) string {
	s = ladder.Clean(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
