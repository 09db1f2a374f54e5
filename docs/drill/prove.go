package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// proof is what has been shown of one exercise.
type proof struct {
	*exercise
	page               *page
	skipped, proven    bool // the stub, the solution
	rejected, accepted int
	untried            []string // what cannot be tried here, and why
	faults             []string
}

func (p *proof) fault(format string, a ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, a...))
}

// prove shows that the tests are as strong as they claim to be, and not
// stronger: what is right passes in any shape.
func (d *drill) prove(ctx context.Context, es []*exercise) error {
	begin := time.Now()
	var proofs []*proof
	var plain, raced []*variant
	for _, e := range es {
		p := &proof{exercise: e}
		var err error
		if p.page, err = e.mistakes(); err != nil {
			return err
		}
		d.texts(p)
		stub, err := e.stub()
		if err != nil {
			return err
		}
		plain = append(plain, p.variant("the stub", stub, p.seeStub))
		reps := d.reps
		if e.kind == "hunt" {
			reps = 1 // a dozen processes each time
		}
		raced = append(raced, p.acceptable("the solution", p.page.solution, reps, func() { p.proven = true }))
		for _, a := range p.page.right {
			if a.err != nil {
				p.fault("%q: %v", a.title, a.err)
				continue
			}
			raced = append(raced, p.acceptable(fmt.Sprintf("the right answer %q", a.title), a.source, 1, func() { p.accepted++ }))
		}
		for _, a := range p.page.mistakes {
			switch {
			case a.err != nil:
				p.fault("%q: %v", a.title, a.err)
			case !slices.Contains(p.tests, a.test):
				p.fault("%q names %s, and there is no such test", a.title, a.test)
			default:
				see := func(said string, ok bool) { p.seeMistake(a, said, ok) }
				plain = append(plain, p.variant(strconv.Quote(a.title), a.source, see, "-test.run=^"+a.test+"$"))
			}
		}
		proofs = append(proofs, p)
	}
	err := errors.Join(d.course.try(ctx, plain), d.course.try(ctx, raced, d.raced()...), d.vet(ctx, proofs))
	if err != nil {
		return err
	}
	return d.report(proofs, time.Since(begin))
}

// raced are the flags of a build that looks for races.
func (d *drill) raced() []string {
	if d.race {
		return []string{"-race"}
	}
	return nil
}

// report draws the table, and then what is wrong.
func (d *drill) report(proofs []*proof, took time.Duration) error {
	lesson := ""
	var exercises, tests, mistakes, right, faults int
	for _, p := range proofs {
		if p.lesson != lesson {
			lesson = p.lesson
			fmt.Fprintln(d.out, bold(fmt.Sprintf("%-20s%-6s%-10s%-18s%s", lesson, "stub", "solution", "mistakes rejected", "right answers accepted")))
		}
		fmt.Fprintf(d.out, "  %s%s%s%s%s\n", pad(p.name, 18), pad(tick(p.skipped), 6), pad(tick(p.proven), 10),
			pad(score(p.rejected, len(p.page.mistakes)-len(p.untried)), 18), score(p.accepted, len(p.page.right)))
		exercises++
		tests += len(p.tests)
		mistakes += len(p.page.mistakes)
		right += len(p.page.right)
		faults += len(p.faults)
	}
	fmt.Fprintf(d.out, "\n%d exercises, %d tests, %d mistakes, %d right answers, %.0f s\n", exercises, tests, mistakes, right, took.Seconds())
	for _, p := range proofs {
		for _, u := range p.untried {
			fmt.Fprintf(d.out, "– %s: %s\n", p.short(), u)
		}
		for _, f := range p.faults {
			fmt.Fprintf(d.out, "%s %s: %s\n", bad("✗"), p.short(), f)
		}
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

func score(n, of int) string { return tick(n == of) + fmt.Sprintf(" %d of %d", n, of) }

// variant is an answer that has to compile: then what its tests said is seen.
func (p *proof) variant(what string, source []byte, see func(said string, ok bool), flags ...string) *variant {
	return &variant{of: p.exercise, source: source, flags: flags, then: func(said string, ok bool, built string) {
		if built != "" {
			p.fault("%s does not compile: %s", what, built)
		} else {
			see(said, ok)
		}
	}}
}

// seeStub wants every test skipped.
func (p *proof) seeStub(said string, ok bool) {
	p.skipped = ok
	for _, t := range p.tests {
		if !strings.Contains(said, "--- SKIP: "+t+" ") || !strings.Contains(said, notBegunWords) {
			p.skipped = false
			p.fault("the stub is not skipped by %s: a test calls the answer through grade.Case, or begins with grade.Begun", t)
		}
	}
}

// acceptable is an answer that must pass every test, reps times: then it is
// accepted.
func (p *proof) acceptable(what string, source []byte, reps int, accept func()) *variant {
	return p.variant(what, source, func(said string, ok bool) {
		if !ok {
			p.fault("%s fails:\n%s", what, indent(firstFailure(said)))
			return
		}
		for _, t := range p.tests {
			if n := strings.Count(said, "--- PASS: "+t+" ") + strings.Count(said, "--- SKIP: "+t+" "); n != reps || strings.Contains(said, notBegunWords) {
				p.fault("%s does not pass %s %d times of %d", what, t, n, reps)
				return
			}
		}
		accept()
	}, fmt.Sprintf("-test.count=%d", reps), "-test.timeout=150s")
}

// skipReason is what a test said when it skipped, as go test prints it.
var skipReason = regexp.MustCompile(`(?m)^ +\w+_test\.go:\d+: (.+)$`)

// seeMistake wants the test that a mistake names to fail, in the words that
// it gives.
func (p *proof) seeMistake(a *answer, said string, ok bool) {
	switch {
	// Linux lacks nothing that the exercises need: there, a test that
	// skips is a test that was weakened.
	case ok && runtime.GOOS != "linux" && strings.Contains(said, "--- SKIP: "+a.test+" ") && !strings.Contains(said, notBegunWords):
		why := "its test is skipped"
		if m := skipReason.FindStringSubmatch(said); m != nil {
			why = m[1]
		}
		p.untried = append(p.untried, fmt.Sprintf("%q cannot be tried on this system: %s", a.title, why))
	case ok:
		p.fault("%q: %s passes it", a.title, a.test)
	case strings.Contains(said, "panic: test timed out"):
		p.fault("%q: %s hangs with it; a test has to tell, within 2 s, that it still waits", a.title, a.test)
	case !strings.Contains(said, "--- FAIL: "+a.test+" "):
		p.fault("%q: the test binary failed, but not by %s:\n%s", a.title, a.test, indent(firstFailure(said)))
	case !strings.Contains(said, a.words):
		p.fault("%q: %s rejects it, but without the words %q:\n%s", a.title, a.test, a.words, indent(firstFailure(said)))
	default:
		p.rejected++
	}
}

// texts checks what an exercise has to have besides code.
func (d *drill) texts(p *proof) {
	mistakes, right := 4, 3 // at least
	if p.kind != "" {
		mistakes, right = 2, 1
	}
	if n := len(p.page.mistakes); n < mistakes {
		p.fault("%d mistakes; at least %d are wanted", n, mistakes)
	}
	if n := len(p.page.right); n < right {
		p.fault("%d right answers of other shapes; at least %d are wanted", n, right)
	}
	names, text, _, err := p.asks()
	if err != nil {
		p.fault("%v", err)
	} else if len(strings.Fields(text)) < 20 {
		p.fault("the doc comment of the stub is too short to be the whole task")
	}
	if help, err := p.help(); err != nil {
		p.fault("%v", err)
	} else {
		for _, name := range names {
			if !strings.Contains(help.task, name) {
				p.fault("the Chinese task in testdata/help.md does not speak of %s", name)
			}
		}
	}
	if !p.untouched() {
		if d.pristine {
			p.fault("%s is not the stub", p.where())
		}
		fmt.Fprintln(d.out, faint("(begun here: "+p.where()+" is not the stub; the proof does without it)"))
	}
}

// vet is go vet over the solutions.
func (d *drill) vet(ctx context.Context, proofs []*proof) error {
	args := []string{"vet"}
	for _, p := range proofs {
		args = append(args, p.pattern()+"/testdata/solution")
	}
	out, err := d.course.command(ctx, args...).CombinedOutput()
	if ctx.Err() != nil || err == nil {
		return ctx.Err()
	}
	complaint := false
	for _, p := range proofs {
		if words := about(string(out), p.importPath()+"/testdata/solution"); words != "" {
			complaint, p.proven = true, false
			p.fault("go vet complains of the solution: %s", words)
		}
	}
	if !complaint {
		return fmt.Errorf("go vet: %w: %s", err, firstLine(string(out)))
	}
	return nil
}

func firstFailure(said string) string {
	said = trimOutput(said)
	if at := regexp.MustCompile(`--- FAIL|panic: `).FindStringIndex(said); at != nil {
		said = said[at[0]:]
	}
	lines := strings.Split(said, "\n")
	return strings.Join(lines[:min(len(lines), 14)], "\n")
}

func indent(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }
