package pages

import (
	"bytes"
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

// quote returns the text that a code directive names: whole declarations,
// regions, lines from one to another, or the whole file.
func quote(root, file string, d *Directive) (string, error) {
	src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return "", fmt.Errorf("there is no file %s", file)
	}
	out := string(bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")))
	if names := d.Args[1:]; len(names) > 0 {
		var parts []string
		for _, name := range names {
			part, err := findDecl(out, name, d.has("nodoc"))
			if region, ok := strings.CutPrefix(name, "region:"); ok {
				part, err = findRegion(out, region)
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
	if out, err = between(out, d.get("from"), d.get("to")); err != nil {
		return "", fmt.Errorf("%s %w", file, err)
	}
	return dedent(marker.ReplaceAllString(out, "")), nil
}

// findDecl finds a top-level declaration by its name; a method is Type.Method.
func findDecl(src, name string, nodoc bool) (string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", fmt.Errorf("is not Go that can be parsed: %v", err)
	}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	var names []string
	for _, decl := range f.Decls {
		var doc *ast.CommentGroup
		var here []string
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			doc, here = decl.Doc, []string{decl.Name.Name}
			if decl.Recv != nil {
				of := decl.Recv.List[0].Type
				base, _, _ := strings.Cut(strings.Trim(src[at(of.Pos()):at(of.End())], "*"), "[")
				here[0] = base + "." + here[0]
			}
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
			rest, _, _ := strings.Cut(src[at(decl.End()):], "\n") // a comment behind it
			return src[at(from):at(decl.End())] + rest + "\n", nil
		}
		names = append(names, here...)
	}
	return "", fmt.Errorf("declares no %s; it declares %s", name, strings.Join(names, ", "))
}

var marker = regexp.MustCompile(`(?m)^[ \t]*(?://|#) (?:region \S+|endregion)\n`)

// findRegion returns what stands between "// region NAME" and "// endregion".
func findRegion(src, name string) (string, error) {
	within := regexp.MustCompile(`(?ms)^[ \t]*(?://|#) region ` + regexp.QuoteMeta(name) + `\n(.*?)^[ \t]*(?://|#) endregion$`)
	if m := within.FindStringSubmatch(src); m != nil {
		return m[1], nil
	}
	return "", fmt.Errorf("has no region %s that ends", name)
}

// between cuts s from the first line that contains from to the next line that contains to.
func between(s, from, to string) (string, error) {
	all := strings.SplitAfter(s, "\n")
	start := slices.IndexFunc(all, func(l string) bool { return strings.Contains(l, from) })
	if start < 0 {
		return "", fmt.Errorf("has no line with %q there", from)
	}
	all = all[start:]
	if to != "" {
		n := slices.IndexFunc(all, func(l string) bool { return strings.Contains(l, to) })
		if n < 0 {
			return "", fmt.Errorf("has no line with %q after the one with %q", to, from)
		}
		all = all[:n+1]
	}
	return strings.Join(all, ""), nil
}

// dedent takes off the tabs or spaces that all lines share, and empty lines at the end.
func dedent(s string) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	shared := len(s)
	for _, l := range all {
		if text := strings.TrimLeft(l, "\t "); text != "" {
			shared = min(shared, len(l)-len(text))
		}
	}
	for i, l := range all {
		all[i] = strings.TrimRight(l[min(shared, len(l)):], " \t")
	}
	return strings.Join(all, "\n") + "\n"
}
