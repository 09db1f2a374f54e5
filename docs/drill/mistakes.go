package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// page is testdata/mistakes.md: what people get wrong in an exercise, what
// is right too, and the mutants that are neither.
type page struct {
	mistakes, right []*answer
	equivalent      map[string]string // mutant → why no test can tell it
}

// answer is a solution in another shape, wrong or right.
type answer struct {
	title  string
	test   string // that rejects it, with these words; "" if it is right
	words  string
	source []byte
	err    error // why there is no source: an edit does not apply
}

// The parts of a page.
const (
	wrongPart  = "What people get wrong"
	rightPart  = "Right answers of other shapes"
	mutantPart = "Mutants that are no mistakes"
)

var (
	rejectedBy = regexp.MustCompile("(?m)^Rejected by `(Test\\w+)`: \"(.+)\"\\.$")
	fenced     = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
)

// mistakes reads the exercise's page. A heading of level 2 is an answer: its
// ```diff is what to change in the solution (@@ between two places), its
// ```go a whole program.
func (e *exercise) mistakes() (*page, error) {
	file := e.testdata("mistakes.md")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	solution, err := os.ReadFile(e.solution())
	if err != nil {
		return nil, err
	}
	p := &page{equivalent: map[string]string{}}
	bad := func(what, why string) error { return fmt.Errorf("%s: %q: %s", file, what, why) }
	for _, part := range strings.Split("\n"+string(unix(text)), "\n# ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		sections := strings.Split(body, "\n## ")
		if heading != wrongPart && heading != rightPart && heading != mutantPart {
			return nil, bad(heading, "no such part")
		}
		for _, section := range sections[1:] {
			title, section, _ := strings.Cut(section, "\n")
			code := fenced.FindAllStringSubmatch(section, -1)
			if len(code) != 1 {
				return nil, bad(title, "want code, in one block")
			}
			a := &answer{title: title, source: []byte(code[0][2])}
			if code[0][1] == "diff" {
				a.source, a.err = applyDiff(unix(solution), strings.Split(strings.TrimSuffix(code[0][2], "\n"), "\n"))
			}
			if a.err == nil {
				if a.source, err = mendImports(a.source); err != nil {
					a.err = fmt.Errorf("it is no Go: %w", err)
				}
			}
			if m := rejectedBy.FindStringSubmatch(section); m != nil {
				a.test, a.words = m[1], m[2]
			}
			switch {
			case heading == wrongPart && a.test != "":
				p.mistakes = append(p.mistakes, a)
			case heading == rightPart && a.test == "":
				p.right = append(p.right, a)
			default:
				return nil, bad(title, "a mistake, and nothing else, wants: Rejected by `TestName`: \"words\".")
			}
		}
		if heading != mutantPart {
			continue
		}
		for _, block := range fenced.FindAllStringSubmatch(body, -1) { // an id, and indented below it the reason
			id := ""
			for line := range strings.Lines(block[2]) {
				if reason, ok := strings.CutPrefix(line, "    "); ok {
					p.equivalent[id] += reason
				} else {
					id = strings.TrimSuffix(line, "\n")
					p.equivalent[id] = ""
				}
			}
		}
	}
	for id, why := range p.equivalent {
		if why == "" {
			return nil, bad(id, "no reason")
		}
	}
	return p, nil
}

// applyDiff changes src as the lines of a diff say. What they take for its text
// must stand there exactly once.
func applyDiff(src []byte, diff []string) ([]byte, error) {
	text := strings.Split(string(src), "\n")
	for len(diff) > 0 {
		end := slices.Index(diff, "@@")
		if end < 0 {
			end = len(diff)
		}
		var old, now []string
		for _, line := range diff[:end] {
			mark, rest := " ", ""
			if line != "" {
				mark, rest = line[:1], line[1:]
			}
			if mark != "+" {
				old = append(old, rest)
			}
			if mark != "-" {
				now = append(now, rest)
			}
		}
		at, times := 0, 0
		for i := range max(0, len(text)-len(old)+1) {
			if slices.Equal(text[i:i+len(old)], old) {
				at = i
				times++
			}
		}
		if times != 1 || len(old) == 0 {
			return nil, fmt.Errorf("the edit does not apply: the solution has this %d times:\n%s", times, indent(strings.Join(old, "\n")))
		}
		text = slices.Concat(text[:at], now, text[at+len(old):])
		diff = diff[min(end+1, len(diff)):]
	}
	return []byte(strings.Join(text, "\n")), nil
}

// known are the packages that an edit may use without saying so.
var known = strings.Fields(`bufio bytes cmp context crypto/rand encoding/binary encoding/hex encoding/json errors fmt
	hash/crc32 io io/fs iter maps math math/bits math/rand/v2 net net/netip os path path/filepath reflect regexp runtime slices sort
	strconv strings sync sync/atomic syscall testing testing/iotest time unicode unicode/utf8 unsafe golang.org/x/sys/unix`)

// mendImports makes the imports of src those that it uses.
func mendImports(src []byte) ([]byte, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, 0)
	if err != nil {
		return nil, err
	}
	specs := map[string]string{} // by the name of the package
	for _, file := range known {
		specs[packageOf(file)] = strconv.Quote(file)
	}
	for _, spec := range f.Imports {
		if file, _ := strconv.Unquote(spec.Path.Value); spec.Name == nil {
			specs[packageOf(file)] = spec.Path.Value
		} else {
			specs[spec.Name.Name] = spec.Name.Name + " " + spec.Path.Value
		}
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Obj == nil && specs[id.Name] != "" {
				used[specs[id.Name]] = true
			}
		}
		return true
	})
	head, body := f.Name.End(), f.Name.End()
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			body = g.End()
		}
	}
	imports := ""
	if len(used) > 0 {
		imports = "\n\nimport (\n\t" + strings.Join(slices.Sorted(maps.Keys(used)), "\n\t") + "\n)"
	}
	return slices.Concat(src[:head-f.FileStart], []byte(imports), src[body-f.FileStart:]), nil
}

// packageOf is the name of the package at an import path.
func packageOf(file string) string {
	name := path.Base(file)
	if name == "v2" {
		name = path.Base(path.Dir(file))
	}
	return name
}
