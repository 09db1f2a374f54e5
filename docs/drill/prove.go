package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

const fewest = 4 // wrong answers of an exercise

// claim is what a wrong answer says of itself.
type claim struct{ mistake, test, words string }

var (
	mistakeLine  = regexp.MustCompile(`(?m)^// The mistake: (.+)$`)
	rejectedLine = regexp.MustCompile(`(?m)^// rejected by: (Test\w+): "(.+)"$`)
)

func readClaim(file string) (claim, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return claim{}, err
	}
	src = unix(src)
	m, r := mistakeLine.FindSubmatch(src), rejectedLine.FindSubmatch(src)
	if m == nil || r == nil {
		return claim{}, fmt.Errorf(`%s: want the lines "// The mistake: …" and "// rejected by: TestName: "words""`, file)
	}
	return claim{string(m[1]), string(r[1]), string(r[2])}, nil
}

// proof is what has been shown of one exercise.
type proof struct {
	exercise *exercise
	tests    []string
	wrongs   []string
	stub     bool
	solution bool
	rejected map[string]bool
	untried  map[string]string // why the test that rejects it is skipped here
	faults   []string
}

func (p *proof) fault(format string, a ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, a...))
}

// prove shows that the tests are as strong as they claim to be.
func (d *drill) prove(ctx context.Context, es []*exercise) error {
	begin := time.Now()
	proofs, err := d.proofs(ctx, es)
	if err != nil {
		return err
	}
	faults := 0
	lesson := ""
	for _, p := range proofs {
		if p.exercise.lesson != lesson {
			lesson = p.exercise.lesson
			fmt.Fprintf(d.out, "%s\n", bold(fmt.Sprintf("%-20s%-6s%-10s%s", lesson, "stub", "solution", "wrong answers")))
		}
		fmt.Fprintf(d.out, "  %s%s%s", pad(p.exercise.name, 18), padStyled(tick(p.stub), 6), padStyled(tick(p.solution), 10))
		const left = 36
		col := left
		for _, w := range p.wrongs {
			if col+visible(w)+3 > d.width {
				fmt.Fprintf(d.out, "\n%*s", left, "")
				col = left
			}
			mark := tick(p.rejected[w])
			if p.untried[w] != "" {
				mark = "–"
			}
			fmt.Fprintf(d.out, "%s %s ", mark, w)
			col += visible(w) + 3
		}
		fmt.Fprintln(d.out)
		faults += len(p.faults)
	}
	wrongs, tests := 0, 0
	for _, p := range proofs {
		wrongs += len(p.wrongs)
		tests += len(p.tests)
	}
	fmt.Fprintf(d.out, "\n%d exercises, %d tests, %d wrong answers, %.0f s\n", len(proofs), tests, wrongs, time.Since(begin).Seconds())
	for _, p := range proofs {
		for _, w := range p.wrongs {
			if why := p.untried[w]; why != "" {
				fmt.Fprintf(d.out, "– %s: wrong-%s cannot be tried on this system: %s\n", p.exercise.short(), w, why)
			}
		}
		for _, f := range p.faults {
			fmt.Fprintf(d.out, "%s %s: %s\n", bad("✗"), p.exercise.short(), f)
		}
	}
	if err := d.sharedCopies(); err != nil {
		fmt.Fprintf(d.out, "%s %v\n", bad("✗"), err)
		faults++
	}
	if faults > 0 {
		fmt.Fprintf(d.out, "%s\n", bad(fmt.Sprintf("not proven: %d faults", faults)))
		return errSilent
	}
	fmt.Fprintln(d.out, good("proven"))
	return nil
}

func tick(ok bool) string {
	if ok {
		return good("✓")
	}
	return bad("✗")
}

// proofs compiles in rounds, each with one variant of every exercise: the
// go command loads and links the lot faster than one by one.
func (d *drill) proofs(ctx context.Context, es []*exercise) ([]*proof, error) {
	dir, err := os.MkdirTemp("", "drill")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	var proofs []*proof
	most := 0
	for _, e := range es {
		p := &proof{exercise: e, rejected: map[string]bool{}, untried: map[string]string{}}
		if p.tests, err = e.tests(); err != nil {
			return nil, err
		}
		if p.wrongs, err = e.wrongs(); err != nil {
			return nil, err
		}
		most = max(most, len(p.wrongs))
		d.texts(p)
		proofs = append(proofs, p)
	}

	jobs := newPool()
	var mu sync.Mutex // for what the jobs write
	compile := func(name string, variant func(*proof) string, flags ...string) (string, string, error) {
		ov := replace{}
		var with []*exercise
		for _, p := range proofs {
			if file := variant(p); file != "" {
				ov[p.exercise.file()] = file
				hideOthers(ov, p.exercise)
				with = append(with, p.exercise)
			}
		}
		overlay, err := ov.save(dir, name)
		if err != nil || len(with) == 0 {
			return "", "", err
		}
		bins := filepath.Join(dir, name)
		out, err := d.course.compile(ctx, with, overlay, bins, flags...)
		return bins, out, err
	}

	// Stubs.
	bins, out, err := compile("stub", func(p *proof) string { return p.exercise.stub() })
	if err != nil {
		return nil, err
	}
	for _, p := range proofs {
		jobs.run(func() {
			said, ok, err := p.exercise.binary(ctx, bins)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				p.fault("the stub does not compile: %s", about(out, p.exercise))
				return
			}
			p.stub = ok
			for _, t := range p.tests {
				if section := sectionOf(said, t); !strings.Contains(section, "--- SKIP: "+t+" ") || !strings.Contains(said, notBegunWords) {
					p.stub = false
					p.fault("the stub is not skipped by %s: every test begins with grade.Begun", t)
				}
			}
		})
	}
	jobs.wait()

	// Solutions.
	var race []string
	if d.race {
		race = append(race, "-race")
	}
	bins, out, err = compile("solution", func(p *proof) string { return p.exercise.solution() }, race...)
	if err != nil {
		return nil, err
	}
	for _, p := range proofs {
		jobs.run(func() {
			said, ok, err := p.exercise.binary(ctx, bins, fmt.Sprintf("-test.count=%d", d.reps), "-test.timeout=60s")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				p.fault("the solution does not compile: %s", about(out, p.exercise))
				return
			}
			p.solution = ok
			if !ok {
				p.fault("the solution fails:\n%s", indent(firstFailure(said)))
				return
			}
			for _, t := range p.tests {
				if n := strings.Count(said, "--- PASS: "+t+" ") + strings.Count(said, "--- SKIP: "+t+" "); n != d.reps || strings.Contains(said, notBegunWords) {
					p.solution = false
					p.fault("the solution does not pass %s %d times of %d", t, n, d.reps)
				}
			}
		})
	}
	jobs.wait()
	if err := d.vet(ctx, dir, proofs); err != nil {
		return nil, err
	}

	// Wrong answers, the first of each exercise, the second of each, …
	for k := range most {
		name := fmt.Sprint("wrong", k)
		bins, out, err := compile(name, func(p *proof) string {
			if k >= len(p.wrongs) {
				return ""
			}
			return p.exercise.testdata("wrong-"+p.wrongs[k], p.exercise.name+".go")
		})
		if err != nil {
			return nil, err
		}
		for _, p := range proofs {
			if k >= len(p.wrongs) {
				continue
			}
			jobs.run(func() {
				why := p.wrongs[k]
				untried, fault := p.reject(ctx, bins, why, out)
				os.Remove(p.exercise.binaryFile(bins)) // hundreds of them fill a disk
				mu.Lock()
				defer mu.Unlock()
				p.untried[why] = untried
				if p.rejected[why] = fault == ""; fault != "" {
					p.fault("wrong-%s: %s", why, fault)
				}
			})
		}
	}
	jobs.wait()
	return proofs, ctx.Err()
}

// hideOthers takes a learner's further files out of the package.
func hideOthers(ov replace, e *exercise) {
	entries, _ := os.ReadDir(e.dir)
	for _, f := range entries {
		if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != e.name+".go" {
			ov[filepath.Join(e.dir, name)] = ""
		}
	}
}

// pool runs jobs beside the compiler, a few at a time: wrong answers that
// wait need no processor.
type pool struct {
	wg    sync.WaitGroup
	slots chan struct{}
}

func newPool() *pool { return &pool{slots: make(chan struct{}, max(2, runtime.NumCPU()))} }

func (p *pool) run(job func()) {
	p.slots <- struct{}{}
	p.wg.Go(func() {
		defer func() { <-p.slots }()
		job()
	})
}

func (p *pool) wait() { p.wg.Wait() }

// skipReason is what a test said when it skipped, as go test prints it.
var skipReason = regexp.MustCompile(`(?m)^ +\w+_test\.go:\d+: (.+)$`)

// reject runs the test that a wrong answer names, and says what is wrong
// with the rejection, "" if nothing. Untried is why that test is skipped
// here, if it is: the system lacks what the mistake needs to show.
func (p *proof) reject(ctx context.Context, bins, why, built string) (untried, fault string) {
	c, err := readClaim(p.exercise.testdata("wrong-"+why, p.exercise.name+".go"))
	if err != nil {
		return "", err.Error()
	}
	if !slices.Contains(p.tests, c.test) {
		return "", fmt.Sprintf("it names %s, and there is no such test", c.test)
	}
	said, ok, err := p.exercise.binary(ctx, bins, "-test.run=^"+c.test+"$")
	switch {
	case err != nil:
		return "", "it does not compile, so no test rejects it: " + about(built, p.exercise)
	// Linux lacks nothing that the exercises need: there, a test that skips
	// is a test that was weakened.
	case ok && runtime.GOOS != "linux" && strings.Contains(said, "--- SKIP: "+c.test+" ") && !strings.Contains(said, notBegunWords):
		if m := skipReason.FindStringSubmatch(said); m != nil {
			return m[1], ""
		}
		return "its test is skipped", ""
	case ok:
		return "", fmt.Sprintf("%s passes it (mistake: %s)", c.test, c.mistake)
	case strings.Contains(said, "panic: test timed out"):
		return "", fmt.Sprintf("%s hangs with it; a test has to tell, within 2 s, that it still waits", c.test)
	case !strings.Contains(said, "--- FAIL: "+c.test+" "):
		return "", fmt.Sprintf("the test binary failed, but not by %s:\n%s", c.test, indent(firstFailure(said)))
	case !strings.Contains(said, c.words):
		return "", fmt.Sprintf("%s rejects it, but without the words %q:\n%s", c.test, c.words, indent(firstFailure(said)))
	}
	return "", ""
}

// texts checks what an exercise has to have besides code.
func (d *drill) texts(p *proof) {
	e := p.exercise
	if len(p.wrongs) < fewest {
		p.fault("%d wrong answers; at least %d are wanted", len(p.wrongs), fewest)
	}
	if text, err := e.taskEnglish(); err != nil {
		p.fault("%v", err)
	} else if len(strings.Fields(text)) < 20 {
		p.fault("the doc comment of the stub is too short to be the whole task")
	}
	if text, err := os.ReadFile(e.testdata("task.zh-CN.txt")); err != nil {
		p.fault("no Chinese task: %v", err)
	} else if !regexp.MustCompile(`\p{Han}`).Match(text) {
		p.fault("testdata/task.zh-CN.txt is not Chinese")
	} else if all, err := e.functions(); err == nil {
		for _, fn := range all {
			if !strings.Contains(string(text), fn.Name.Name) {
				p.fault("testdata/task.zh-CN.txt does not speak of %s", fn.Name.Name)
			}
		}
	}
	for _, language := range []string{"en", "zh-CN"} {
		if _, err := e.hintsOf(language); err != nil {
			p.fault("%v", err)
		}
	}
	if !e.untouched() {
		if d.pristine {
			p.fault("%s is not the stub (testdata/stub/%s.go)", e.where(), e.name)
		} else {
			fmt.Fprintf(d.out, "%s\n", faint("(begun here: "+e.where()+" is not the stub; the proof does without it)"))
		}
	}
}

// vet is go vet over the solutions.
func (d *drill) vet(ctx context.Context, dir string, proofs []*proof) error {
	ov := replace{}
	args := []string{"vet"}
	for _, p := range proofs {
		ov[p.exercise.file()] = p.exercise.solution()
		hideOthers(ov, p.exercise)
	}
	overlay, err := ov.save(dir, "vet")
	if err != nil {
		return err
	}
	args = append(args, "-overlay="+overlay)
	for _, p := range proofs {
		args = append(args, p.exercise.pattern())
	}
	out, err := d.course.command(ctx, args...).CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	found := false
	for _, p := range proofs {
		if words := about(string(out), p.exercise); words != "" && p.solution {
			p.solution = false
			p.fault("go vet complains of the solution: %s", words)
			found = true
		} else if words != "" {
			found = true
		}
	}
	if !found {
		return fmt.Errorf("go vet: %w: %s", err, firstLine(string(out)))
	}
	return nil
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
	if mine == nil && strings.Contains(out, e.short()) {
		return firstLine(out)
	}
	return strings.Join(mine, "; ")
}

// sectionOf is what a -test.v run says of one test.
func sectionOf(said, test string) string {
	i := strings.Index(said, "--- SKIP: "+test+" ")
	if i < 0 {
		return ""
	}
	return said[i:]
}

func firstFailure(said string) string {
	said = trimOutput(said)
	if i := strings.Index(said, "--- FAIL"); i >= 0 {
		said = said[i:]
	} else if i := strings.Index(said, "panic: "); i >= 0 {
		said = said[i:]
	}
	lines := strings.Split(said, "\n")
	return strings.Join(lines[:min(len(lines), 14)], "\n")
}

func indent(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }

// sharedCopies compares the package grade of every lesson with the first.
func (d *drill) sharedCopies() error {
	dirs, err := filepath.Glob(filepath.Join(escape(d.course.root), "[0-9][0-9]-*", "exercises", "internal", "grade"))
	if err != nil || len(dirs) == 0 {
		return err
	}
	read := func(dir string) (map[string]string, error) {
		files := map[string]string{}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			files[e.Name()] = string(unix(b))
		}
		return files, nil
	}
	first, err := read(dirs[0])
	if err != nil {
		return err
	}
	for _, dir := range dirs[1:] {
		other, err := read(dir)
		if err != nil {
			return err
		}
		for name := range first {
			if other[name] != first[name] {
				return fmt.Errorf("%s differs from %s: copy the folder of the first lesson", filepath.Join(dir, name), filepath.Join(dirs[0], name))
			}
		}
		if len(other) != len(first) {
			return fmt.Errorf("%s has other files than %s", dir, dirs[0])
		}
	}
	return nil
}
