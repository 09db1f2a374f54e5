package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
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
			words := cmp.Or(about(out, v.path()), about(out, v.of.importPath())) // the latter: its tests do not compile
			if words != "" {
				v.then("", false, words)
			}
			return words != ""
		})
		if len(all) == left {
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

// dispatcher is the exercise's file. What it exports are variables, with the
// values of the variant that the environment names.
func (e *exercise) dispatcher(variants []*variant) ([]byte, error) {
	src, err := e.stub()
	if err != nil {
		return nil, err
	}
	f, between, err := parse(src)
	if err != nil {
		return nil, err
	}
	text := func(n ast.Node) string { return between(n.Pos(), n.End()) }
	var out bytes.Buffer
	fmt.Fprintf(&out, "package %s\n\nimport (\n\tenvironment \"os\"\n\t\"reflect\"\n)\n", f.Name)
	for _, v := range variants {
		fmt.Fprintf(&out, "import %s %q\n", v.name(), v.path())
	}
	choose := func(name *ast.Ident, kind string) {
		fmt.Fprintf(&out, "var %s = as[%s](map[string]any{\n", name, kind)
		for _, v := range variants {
			fmt.Fprintf(&out, "\"%d\": %s.%s,\n", v.n, v.name(), name)
		}
		fmt.Fprintf(&out, "}[environment.Getenv(%q)])\n", which)
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			choose(d.Name, "func"+strings.TrimPrefix(text(d.Type), "func "+d.Name.Name))
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				choose(d.Specs[0].(*ast.ValueSpec).Names[0], "error")
			} else {
				fmt.Fprintln(&out, text(d))
			}
		}
	}
	out.WriteString(as)
	return mendImports(out.Bytes())
}

// as stands in every dispatcher. A type of the exercise's own is one of its
// own in each variant, so what has such a type is converted.
const as = `
func as[T any](value any) T {
	if same, ok := value.(T); ok {
		return same
	}
	kind, f := reflect.TypeFor[T](), reflect.ValueOf(value)
	return reflect.MakeFunc(kind, func(args []reflect.Value) []reflect.Value {
		for i, arg := range args {
			args[i] = arg.Convert(f.Type().In(i))
		}
		results := f.Call(args)
		for i, result := range results {
			results[i] = result.Convert(kind.Out(i))
		}
		return results
	}).Interface().(T)
}
`

// hideOthers takes a learner's further files out of the package.
func hideOthers(ov replace, e *exercise) {
	files, _ := fs.Glob(os.DirFS(e.dir), "*.go")
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") && name != e.name+".go" {
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
