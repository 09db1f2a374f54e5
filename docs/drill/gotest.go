package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// state of an exercise.
type state string

const (
	notBegun state = "not begun"
	failing  state = "failing"
	done     state = "done"
)

// grade is what the tests say of one exercise.
type grade struct {
	*exercise
	source []byte            // the answer; nil where its file is not there
	build  string            // what the compiler said
	said   string            // all that the tests printed
	output map[string]string // by test
	end    map[string]string // by test: pass, fail, skip; "" is the package

	state  state
	passed int
	first  string // the first failure in a line
	full   string // and in full
	built  bool
	note   string
}

// event is a line of go test -json.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// command is the go command in the course's folder, which dies with all
// that it has started when ctx is done.
func (c *course) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.root
	// A workspace, flags or a vendor folder of the user's must not decide
	// what is compiled.
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "GOFLAGS=", "NO_COLOR=1"), c.env...)
	group(cmd)
	return cmd
}

// begin makes the grades of the exercises whose files are not there, or not
// begun, and says which are.
func begin(es []*exercise, file func(*exercise) string) (grades map[*exercise]*grade, begun []*grade) {
	grades = map[*exercise]*grade{}
	for _, e := range es {
		g := &grade{exercise: e, state: notBegun, output: map[string]string{}, end: map[string]string{}}
		grades[e] = g
		var err error
		if g.source, err = os.ReadFile(file(e)); err != nil {
			g.note = missing
		} else if !isStub(g.source) {
			begun = append(begun, g)
		}
	}
	return grades, begun
}

// missing is the note of an exercise whose file is not there.
const missing = "missing"

// grade runs the tests of the exercises that are not untouched.
func (c *course) grade(ctx context.Context, es []*exercise, flags ...string) (map[*exercise]*grade, error) {
	grades, begun := begin(es, (*exercise).file)
	for _, g := range grades {
		if g.note == missing {
			g.fails(g.name + ".go is not there; make reset-" + g.name + " puts the stub back")
		}
	}
	said, err := c.run(ctx, begun, flags...)
	for _, g := range begun {
		if g.said+g.build == "" {
			g.fails(cmp.Or(said, "go test said nothing about it"))
		} else {
			g.read()
		}
	}
	return grades, err
}

func (g *grade) fails(why string) { g.state, g.first, g.full = failing, firstLine(why), why }

// run runs the tests of the exercises and reads their events; said is what
// belongs to none of them.
func (c *course) run(ctx context.Context, begun []*grade, flags ...string) (said string, err error) {
	if len(begun) == 0 {
		return "", nil
	}
	args := append([]string{"test", "-json", "-timeout=30s", "-parallel=16", "-ldflags=-s -w"}, flags...)
	for _, g := range begun {
		args = append(args, g.pattern())
	}
	cmd := c.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	readEvents(stdout.Bytes(), begun)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil && stdout.Len() == 0 {
		return "", fmt.Errorf("cannot run the go command: %w: %s", err, firstLine(stderr.String()))
	}
	return stderr.String(), nil
}

// readEvents reads them; a program under test may print lines that are none.
func readEvents(out []byte, begun []*grade) {
	of := map[string]*grade{}
	for _, g := range begun {
		of[g.importPath()] = g
	}
	for line := range bytes.Lines(out) {
		var ev event
		if json.Unmarshal(line, &ev) != nil {
			continue
		}
		pkg, _, _ := strings.Cut(cmp.Or(ev.Package, ev.ImportPath), " ") // "path [path.test]"
		g := of[strings.TrimSuffix(pkg, "_test")]
		switch {
		case g == nil:
		case ev.Action == "build-output":
			g.build += ev.Output
		case ev.Action == "output":
			g.said += ev.Output
			g.output[ev.Test] += ev.Output
		case ev.Action == "pass" || ev.Action == "fail" || ev.Action == "skip":
			g.end[ev.Test] = ev.Action
		}
	}
}

const notBegunWords = "not begun: "

// read makes a grade of what was printed.
func (g *grade) read() {
	g.state = failing
	if g.build != "" && len(g.end) <= 1 {
		g.fails(g.build)
		return
	}
	g.built = true
	untouched, ended := 0, 0
	for _, t := range g.tests {
		out := g.output[t]
		if g.end[t] != "" {
			ended++
		}
		switch g.end[t] {
		case "pass":
			g.passed++
		case "skip":
			if strings.Contains(out, notBegunWords) {
				untouched++
			} else {
				g.passed++ // the system lacks what the test needs
			}
		default:
			switch {
			case strings.Contains(out, "fails like Test"):
			case g.first == "":
				g.first, g.full = headline(t, out), trimOutput(out)
			case strings.Contains(out, "│") && !strings.Contains(g.full, "│"): // a run draws one picture
				g.full += "\n" + trimOutput(out)
			}
		}
	}
	switch {
	case untouched == len(g.tests):
		g.state = notBegun
		g.note = "changed, but it still panics with \"not begun\""
	case g.end[""] == "pass" && ended == len(g.tests) && untouched == 0:
		g.state = done
	case ended < len(g.tests) || g.first == "":
		// It ended early: a panic on a goroutine of its own, os.Exit, a
		// test that ran out of time.
		crash := trimOutput(g.said)
		if i := strings.Index(crash, "panic: "); i >= 0 {
			crash = crash[i:]
		}
		if g.full == "" || strings.Contains(crash, "panic: ") {
			g.full = crash
			g.first = "the tests did not end: " + firstLine(crash)
			if place := regexp.MustCompile(`\b` + g.name + `\.go:\d+`).FindString(crash); place != "" {
				g.first += " (" + place + ")"
			}
			if crash == "" {
				g.first = "the program ended before the tests did: os.Exit, log.Fatal?"
				g.full = g.first
			}
		}
	}
}

var noise = regexp.MustCompile(`(?m)^\s*(=== (RUN|PAUSE|CONT|NAME) .*|--- (PASS|SKIP): .*|FAIL|PASS|exit status \d+|FAIL\t.*|ok  \t.*)\n`)

func trimOutput(s string) string { return strings.TrimRight(noise.ReplaceAllString(s, ""), "\n") }

var (
	came     = regexp.MustCompile(`(?m)^ +came: +(.*)$`)
	expected = regexp.MustCompile(`(?m)^ +expected: +(.*)$`)
)

// headline is the first failure in a line: where, and what came.
func headline(test, out string) string {
	place := regexp.MustCompile(`\w+_test\.go:\d+`).FindString(out)
	if m := came.FindStringSubmatch(out); m != nil {
		return fmt.Sprintf("%s (%s, %s)", m[1], test, place)
	}
	return fmt.Sprintf("%s: %s", test, firstLine(trimOutput(out)))
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "--- FAIL") {
			return line
		}
	}
	return "no words"
}

// replace is an overlay in the making: path → text in its place (nil: none).
type replace map[string][]byte

// save writes the overlay into dir. Every path must be absolute: one that is
// not, and does not match, would be ignored without a word.
func (r replace) save(dir, name string) (string, error) {
	files := map[string]string{}
	for from, text := range r {
		if !filepath.IsAbs(from) {
			return "", fmt.Errorf("overlay %s: %s must be absolute", name, from)
		}
		files[from] = ""
		if text == nil {
			continue
		}
		// One folder for each: their names are the same, and stay in what
		// the compiler says.
		mine := filepath.Join(dir, name+".files", strconv.Itoa(len(files)), filepath.Base(from))
		if err := writeDated(mine, text); err != nil {
			return "", err
		}
		files[from] = mine
	}
	text, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, name+".json")
	return file, os.WriteFile(file, text, 0o600)
}

// writeDated gives a file a time that its bytes decide. The go command
// remembers what a package imports by the names, sizes and times of its
// files; two answers of one size and one time would be the same to it, and
// the second would lack the imports that the first does not have.
func writeDated(to string, src []byte) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(to, src, 0o600); err != nil {
		return err
	}
	// Whole seconds, which every file system keeps, in the years 1984 to
	// 2018: of a file from this very moment nothing would be remembered.
	sum := sha256.Sum256(src)
	when := time.Unix(450_000_000+int64(binary.BigEndian.Uint32(sum[:])>>2), 0)
	return os.Chtimes(to, when, when)
}

// compile builds test binaries of the exercises, with the overlay, into
// dir/NAME; what does not compile is missing there.
func (c *course) compile(ctx context.Context, es []*exercise, overlay, dir string, flags ...string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	args := append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay=" + overlay, "-o", dir + string(filepath.Separator)}, flags...)
	for _, e := range es {
		args = append(args, e.pattern())
	}
	out, err := c.command(ctx, args...).CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil {
		out = nil
	}
	return string(out), nil
}

// binary runs a compiled test of e with a variant, and returns what it
// printed and whether it ended with success.
func (e *exercise) binary(ctx context.Context, dir string, n int, args ...string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	file := filepath.Join(dir, e.name+".test")
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	cmd := exec.CommandContext(ctx, file, append([]string{"-test.v", "-test.timeout=30s", "-test.parallel=16"}, args...)...)
	cmd.Dir = e.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", which, n))
	group(cmd)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}
