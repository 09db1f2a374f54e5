package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
}

// try compiles variants in rounds, each with one of every exercise: the go
// command loads and links the lot faster than one by one. It runs the tests
// of a round while it compiles the next.
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
	var rounds [][]*variant
	count := map[*exercise]int{}
	for _, v := range all {
		n := count[v.of]
		if count[v.of]++; n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], v)
	}

	var mu sync.Mutex // for what then does
	var jobs sync.WaitGroup
	slots := make(chan struct{}, max(2, runtime.NumCPU()))
	defer jobs.Wait()
	for n, round := range rounds {
		ov := replace{}
		var with []*exercise
		for _, v := range round {
			ov[v.of.file()] = v.source
			hideOthers(ov, v.of)
			with = append(with, v.of)
		}
		name := fmt.Sprint(n)
		overlay, err := ov.save(dir, name)
		if err != nil {
			return err
		}
		bins := filepath.Join(dir, name)
		out, err := c.compile(ctx, with, overlay, bins, build...)
		if err != nil {
			return err
		}
		for _, v := range round {
			slots <- struct{}{} // what waits needs no processor; what works does
			jobs.Go(func() {
				defer func() { <-slots }()
				said, ok, err := v.of.binary(ctx, bins, v.flags...)
				os.Remove(v.of.binaryFile(bins)) // hundreds of them fill a disk
				built := ""
				if err != nil {
					built = about(out, v.of)
				}
				mu.Lock()
				defer mu.Unlock()
				v.then(said, ok, built)
			})
		}
	}
	jobs.Wait()
	return ctx.Err()
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

// about is the part of the go command's output that concerns e.
func about(out string, e *exercise) string {
	var mine []string
	in := false
	for line := range strings.Lines(out) {
		if head, ok := strings.CutPrefix(line, "# "); ok {
			pkg, _, _ := strings.Cut(strings.TrimSpace(head), " ")
			in = strings.TrimSuffix(pkg, "_test") == e.importPath()
			continue
		}
		if in && len(mine) < 5 {
			mine = append(mine, strings.TrimSpace(line))
		}
	}
	if mine == nil {
		return firstLine(out)
	}
	return strings.Join(mine, "; ")
}
