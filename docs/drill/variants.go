package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// variant is another text in the place of an exercise's file, and how its
// tests are run.
type variant struct {
	of     *exercise
	source []byte
	flags  []string
	// then is told what they said, and whether they passed; built is what
	// the compiler said if it made no test of it, else "". Only one then
	// of all variants is at work at a time.
	then func(said string, ok bool, built string)

	n int // it is the exercise's so-manieth
}

// which is the variable that tells a test binary which variant it tries.
const which = "DRILL_VARIANT"

// try runs the tests of all variants. To link a test takes longer than to
// compile an answer, so each exercise is linked once: every variant is a
// package of its own, and the exercise's file calls the one that an
// environment variable names.
func (c *course) try(ctx context.Context, all []*variant, build ...string) error {
	dir, err := os.MkdirTemp("", "drill")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// The go command resolves links; an overlay must name what it sees.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	bins := ""
	// What does not compile is told in a round, and left out of the next.
	for len(all) > 0 {
		left := len(all)
		ov, of := replace{}, map[*exercise][]*variant{}
		for _, v := range all {
			v.n = len(of[v.of])
			of[v.of] = append(of[v.of], v)
			ov[filepath.Join(v.of.dir, v.name(), v.of.name+".go")] = v.source
		}
		for e, variants := range of {
			if ov[e.file()], err = e.dispatcher(variants); err != nil {
				return err
			}
			hideOthers(ov, e)
		}
		round := strconv.Itoa(left)
		overlay, err := ov.save(dir, round)
		if err != nil {
			return err
		}
		bins = filepath.Join(dir, "bin"+round)
		out, err := c.compile(ctx, slices.Collect(maps.Keys(of)), overlay, bins, build...)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(v *variant) bool {
			words := about(out, v.path())
			if words != "" {
				v.then("", false, words)
			}
			return words != ""
		})
		if len(all) == left { // then an exercise's own tests do not compile
			all = slices.DeleteFunc(all, func(v *variant) bool {
				_, err := os.Stat(v.of.binaryFile(bins))
				if err != nil {
					v.then("", false, firstLine(about(out, v.of.importPath())))
				}
				return err != nil
			})
			break
		}
	}

	var mu sync.Mutex // for what then does
	var jobs sync.WaitGroup
	slots := make(chan struct{}, 4*runtime.NumCPU()) // what waits needs no processor
	for _, v := range all {
		slots <- struct{}{}
		jobs.Go(func() {
			defer func() { <-slots }()
			said, ok := v.of.binary(ctx, bins, v.n, v.flags...)
			mu.Lock()
			defer mu.Unlock()
			v.then(said, ok, "")
		})
	}
	jobs.Wait()
	return ctx.Err()
}

func (v *variant) name() string { return fmt.Sprint("variant", v.n) }
func (v *variant) path() string { return v.of.importPath() + "/" + v.name() }

// dispatcher is the exercise's file, whose functions are those of the
// variant that the environment names.
func (e *exercise) dispatcher(variants []*variant) ([]byte, error) {
	f, between, err := e.parsed()
	if err != nil {
		return nil, err
	}
	text := func(n ast.Node) string { return between(n.Pos(), n.End()) }
	var out, imports bytes.Buffer
	each := func(format string, a ...any) {
		for _, v := range variants {
			fmt.Fprintf(&out, format, append([]any{v.n}, a...)...)
		}
	}
	types := map[string]bool{}
	fmt.Fprintf(&out, "var variant = environment.Getenv(%q)\n", which)
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		switch spec := g.Specs[0].(type) {
		case *ast.ImportSpec:
			fmt.Fprintln(&imports, text(g))
		case *ast.TypeSpec:
			types[spec.Name.Name] = true
			fmt.Fprintln(&out, text(g))
		case *ast.ValueSpec:
			if g.Tok == token.CONST {
				fmt.Fprintln(&out, text(g))
				continue
			}
			fmt.Fprintf(&out, "var %s = map[string]error{\n", spec.Names[0])
			each("\"%[1]d\": variant%[1]d.%[2]s,\n", spec.Names[0])
			fmt.Fprintf(&out, "}[variant]\n")
		}
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		fmt.Fprintf(&out, "func %s%s {\nswitch variant {\n", fn.Name, strings.TrimPrefix(text(fn.Type), "func "+fn.Name.Name))
		// A type of the exercise's own is one of its own in each variant.
		args := ""
		for _, p := range fn.Type.Params.List {
			for _, name := range p.Names {
				if types[text(p.Type)] {
					args += fmt.Sprintf("variant%%[1]d.%s(%s), ", text(p.Type), name)
				} else {
					args += name.Name + ", "
				}
			}
		}
		if fn.Type.Results == nil {
			each("case \"%[1]d\":\nvariant%[1]d.%[2]s("+args+")\nreturn\n", fn.Name)
			fmt.Fprintf(&out, "}\npanic(variant)\n}\n")
			continue
		}
		var got, back []string
		for i, r := range fn.Type.Results.List {
			got = append(got, fmt.Sprint("r", i))
			if back = append(back, got[i]); types[text(r.Type)] {
				back[i] = text(r.Type) + "(" + got[i] + ")"
			}
		}
		each("case \"%[1]d\":\n%[2]s := variant%[1]d.%[3]s("+args+")\nreturn %[4]s\n",
			strings.Join(got, ", "), fn.Name, strings.Join(back, ", "))
		fmt.Fprintf(&out, "}\npanic(variant)\n}\n")
	}
	head := fmt.Sprintf("package %s\n\nimport environment \"os\"\n%s", f.Name, imports.String())
	for _, v := range variants {
		head += fmt.Sprintf("import %s %q\n", v.name(), v.path())
	}
	return mendImports(slices.Concat([]byte(head), out.Bytes()))
}

// hideOthers takes a learner's further files out of the package.
func hideOthers(ov replace, e *exercise) {
	entries, _ := os.ReadDir(e.dir)
	for _, f := range entries {
		if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != e.name+".go" {
			ov[filepath.Join(e.dir, name)] = nil
		}
	}
}

// about is the part of the go command's output that concerns a package.
func about(out, pkg string) string {
	var mine []string
	in := false
	for line := range strings.Lines(out) {
		if head, ok := strings.CutPrefix(line, "# "); ok {
			path, _, _ := strings.Cut(strings.TrimSpace(head), " ")
			in = strings.TrimSuffix(path, "_test") == pkg
			continue
		}
		if in && len(mine) < 5 {
			mine = append(mine, place.ReplaceAllString(strings.TrimSpace(line), ""))
		}
	}
	return strings.Join(mine, "; ")
}

// place is the folder of a file of ours that the compiler names.
var place = regexp.MustCompile(`^\S*[/\\](\w+\.files[/\\]\d+|variant\d+)[/\\]`)
