package pages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// quote returns the text that a code directive names: whole declarations, a
// region, lines from one to another, or the whole file.
func quote(root, file string, d *Directive) (string, error) {
	src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return "", fmt.Errorf("there is no file %s", file)
	}
	out := string(bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")))
	if names := d.Args[1:]; len(names) > 0 {
		var parts []string
		for _, name := range names {
			var part string
			if region, ok := strings.CutPrefix(name, "region:"); ok {
				part, err = findRegion(out, region)
			} else {
				part, err = findDecl(out, name, d.has("nodoc"))
			}
			if err != nil {
				return "", fmt.Errorf("%s %w", file, err)
			}
			if !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
		out = strings.Join(parts, "\n")
	}
	if d.has("from") || d.has("to") {
		if out, err = between(out, d.get("from"), d.get("to")); err != nil {
			return "", fmt.Errorf("%s %w", file, err)
		}
	}
	return dedent(withoutMarkers(out)), nil
}

// findDecl finds a top-level declaration by its name; a method is Type.Method.
func findDecl(src, name string, nodoc bool) (string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", fmt.Errorf("is not Go that can be parsed: %v", err)
	}
	var names []string
	for _, decl := range f.Decls {
		var doc *ast.CommentGroup
		var here []string
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			doc, here = decl.Doc, []string{funcName(decl)}
		case *ast.GenDecl:
			doc = decl.Doc
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					here = append(here, spec.Name.Name)
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						here = append(here, n.Name)
					}
				}
			}
		}
		if slices.Contains(here, name) {
			from := decl.Pos()
			if doc != nil && !nodoc {
				from = doc.Pos()
			}
			return lines(src, fset.Position(from).Line, fset.Position(decl.End()).Line), nil
		}
		names = append(names, here...)
	}
	return "", fmt.Errorf("declares no %s; it declares %s", name, strings.Join(names, ", "))
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

// lines returns the lines from..to, counted from 1, both included.
func lines(src string, from, to int) string {
	return strings.Join(strings.SplitAfter(src, "\n")[from-1:to], "")
}

var marker = regexp.MustCompile(`^\s*(?://|#|--|;)\s*(region|endregion)\b\s*:?\s*(\S*)\s*$`)

// findRegion returns what stands between "// region NAME" and its "// endregion".
func findRegion(src, name string) (string, error) {
	depth, begun := 0, false
	var out []string
	for _, line := range strings.SplitAfter(src, "\n") {
		m := marker.FindStringSubmatch(line)
		switch {
		case !begun:
			begun = m != nil && m[1] == "region" && m[2] == name
			continue
		case m != nil && m[1] == "region":
			depth++
		case m != nil && depth == 0:
			return strings.Join(out, ""), nil
		case m != nil:
			depth--
		}
		out = append(out, line)
	}
	if begun {
		return "", fmt.Errorf("has no endregion for region %s", name)
	}
	return "", fmt.Errorf("has no region %s", name)
}

func withoutMarkers(s string) string {
	all := strings.SplitAfter(s, "\n")
	return strings.Join(slices.DeleteFunc(all, func(l string) bool { return marker.MatchString(l) }), "")
}

// between cuts s from the first line that contains from to the next line that contains to.
func between(s, from, to string) (string, error) {
	all := strings.SplitAfter(s, "\n")
	start := slices.IndexFunc(all, func(l string) bool { return strings.Contains(l, from) })
	if start < 0 {
		return "", fmt.Errorf("has no line with %q there", from)
	}
	if to == "" {
		return strings.Join(all[start:], ""), nil
	}
	n := slices.IndexFunc(all[start:], func(l string) bool { return strings.Contains(l, to) })
	if n < 0 {
		return "", fmt.Errorf("has no line with %q after the one with %q", to, from)
	}
	return strings.Join(all[start:start+n+1], ""), nil
}

// dedent takes off the tabs or spaces that all lines share, and empty lines at the end.
func dedent(s string) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	shared, first := "", true
	for _, l := range all {
		if strings.TrimSpace(l) == "" {
			continue
		}
		indent := l[:len(l)-len(strings.TrimLeft(l, "\t "))]
		if first {
			shared, first = indent, false
		}
		for !strings.HasPrefix(indent, shared) {
			shared = shared[:len(shared)-1]
		}
	}
	for i, l := range all {
		all[i] = strings.TrimRight(strings.TrimPrefix(l, shared), " \t")
	}
	return strings.Join(all, "\n") + "\n"
}

// parses checks code of our own that stands in no file. Python is left to pythonParses.
func parses(lang, code string) error {
	switch lang {
	case "json":
		if !json.Valid([]byte(code)) {
			return errors.New("is not valid JSON")
		}
	case "go":
		fset := token.NewFileSet()
		var first error
		for _, form := range []string{"%s", "package p\n%s", "package p\nfunc _() {\n%s\n}"} {
			_, err := parser.ParseFile(fset, "", fmt.Sprintf(form, code), parser.SkipObjectResolution)
			if err == nil {
				return nil
			}
			first = err
		}
		return fmt.Errorf("is not Go that can be parsed: %v", first)
	}
	return nil
}
