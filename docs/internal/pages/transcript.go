package pages

import (
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// A command is one line after "$ " in a console block, and the output shown below it.
type command struct {
	line     string
	expected []string
}

// own are commands that run the test which would run them.
var own = regexp.MustCompile(`^(make (test|check|prove)\b|go (test|vet) .*(\./\.\.\.|\./docs(/\.\.\.)?)(\s|$))`)

// commands splits a console block. A command that ends in \ goes on in the next line.
func (b *Block) commands() (out []command, err error) {
	more := false
	for i, line := range strings.Split(strings.TrimSuffix(b.Text, "\n"), "\n") {
		cmd, begins := strings.CutPrefix(line, "$ ")
		switch {
		case more:
			out[len(out)-1].line += "\n" + line
		case begins && own.MatchString(cmd):
			return nil, fmt.Errorf("%q runs the very test that would run it; show it in a ```sh block", cmd)
		case begins:
			out = append(out, command{line: cmd})
		case len(out) == 0:
			return nil, fmt.Errorf("a transcript begins with a command (\"$ make lesson-1\"; go test ./docs -update fills in the rest), line %d does not", b.Line+1+i)
		default:
			last := &out[len(out)-1]
			last.expected = append(last.expected, line)
		}
		more = (more || begins) && strings.HasSuffix(line, `\`)
	}
	return out, nil
}

// Skip is the error of a transcript that cannot be run here, with the reason.
type Skip string

func (s Skip) Error() string { return string(s) }

// A Mismatch is the error of a transcript that was run and printed something else.
type Mismatch struct {
	error        // what is wrong, and what to do
	Block string // the block as it should stand on the page
}

// A Runner runs transcripts. Every program is built once; each transcript has
// ports of its own, so they may run side by side.
type Runner struct {
	Site *Site
	Dir  string // for what is built, such as t.TempDir()
	Slow bool   // run those marked slow too
	// Updating takes what is printed for granted: where a transcript waits
	// for a line, it waits until nothing more is printed.
	Updating bool
}

// Transcripts are the blocks whose directive is output, in order.
func (s *Site) Transcripts() (blocks []*Block) {
	for _, p := range s.Pages {
		for _, b := range p.Blocks {
			if b.Dir != nil && b.Dir.Kind == "output" && b.Lang == "console" {
				blocks = append(blocks, b)
			}
		}
	}
	return blocks
}

// Name is where the block stands, PAGE:LINE.
func (b *Block) Name() string { return fmt.Sprintf("%s:%d", b.Page.Path, b.Line) }

// Run runs the commands of a block and compares. Its error is nil, a Skip, a
// *Mismatch, or what went wrong. Prepare comes first.
func (r *Runner) Run(b *Block) error {
	if systems := b.Dir.get("os"); systems != "" && !slices.Contains(strings.Split(systems, ","), runtime.GOOS) {
		return Skip("only on " + systems)
	}
	if b.Dir.has("slow") && !r.Slow {
		return Skip("slow: make check runs it, or PAGES=all go test ./docs")
	}
	for _, need := range strings.Fields("make " + b.Dir.get("needs")) {
		if _, err := exec.LookPath(need); err != nil {
			return Skip("there is no " + need + " here")
		}
	}
	cmds, err := b.commands()
	if err != nil {
		return err
	}
	return r.run(b, cmds)
}
