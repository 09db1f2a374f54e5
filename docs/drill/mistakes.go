package main

import (
	"errors"
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
	solution        []byte // which all of them change
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

var (
	rejectedBy = regexp.MustCompile("(?m)^Rejected by `(Test\\w+)`: \"(.+)\"\\.$")
	fenced     = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
)

// mistakes reads the exercise's page. A heading of level 2 is an answer: its
// ```diff is what to change in the solution (@@ between two places), its
// ```go a whole program.
func (e *exercise) mistakes() (*page, error) {
	text, err := os.ReadFile(e.testdata("mistakes.md"))
	if err != nil {
		return nil, err
	}
	p := &page{equivalent: map[string]string{}}
	if p.solution, err = os.ReadFile(e.solution()); err != nil {
		return nil, err
	}
	p.solution = unix(p.solution)
	body := parts(text)
	p.mistakes = p.answers(body["What people get wrong"])
	p.right = p.answers(body["Right answers of other shapes"])
	for _, block := range fenced.FindAllStringSubmatch(body["Mutants that are no mistakes"], -1) { // an id, and indented below it the reason
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
	return p, nil
}

func (p *page) answers(part string) (all []*answer) {
	for _, section := range strings.Split(part, "\n## ")[1:] {
		a := new(answer)
		all = append(all, a)
		a.title, section, _ = strings.Cut(section, "\n")
		if m := rejectedBy.FindStringSubmatch(section); m != nil {
			a.test, a.words = m[1], m[2]
		}
		code := fenced.FindAllStringSubmatch(section, -1)
		if len(code) != 1 {
			a.err = errors.New("want code, in one block")
			continue
		}
		source := code[0][2]
		if code[0][1] == "diff" {
			source, a.err = applyDiff(string(p.solution), strings.TrimSuffix(source, "\n"))
		}
		if a.err == nil {
			a.source, a.err = mendImports([]byte(source))
		}
	}
	return all
}

// applyDiff changes src as the lines of a diff say. What they take for its text
// must stand there exactly once.
func applyDiff(src, diff string) (string, error) {
	text := "\n" + src
	for edit := range strings.SplitSeq(diff, "\n@@\n") {
		old, now := "", ""
		for line := range strings.SplitSeq(edit, "\n") {
			mark, rest := " ", ""
			if line != "" {
				mark, rest = line[:1], line[1:]
			}
			if mark != "+" {
				old += "\n" + rest
			}
			if mark != "-" {
				now += "\n" + rest
			}
		}
		if n := strings.Count(text, old+"\n"); n != 1 {
			return "", fmt.Errorf("the edit does not apply: the solution has this %d times:\n%s", n, indent(old[min(1, len(old)):]))
		}
		text = strings.Replace(text, old+"\n", now+"\n", 1)
	}
	return text[1:], nil
}

// known are the packages that an answer may well use: an edit need not say so.
var known = strings.Fields(`bufio bytes cmp context crypto/rand crypto/sha256 encoding/binary encoding/hex encoding/json errors fmt
	hash hash/crc32 io io/fs iter maps math math/bits math/rand/v2 net net/netip os path path/filepath regexp slices sort
	strconv strings sync sync/atomic syscall testing testing/iotest time unicode unicode/utf8 golang.org/x/sys/unix golang.org/x/sys/windows`)

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
