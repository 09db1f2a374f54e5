package pages

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// Skip is the error of a transcript that cannot be run here, with the reason.
type Skip string

func (s Skip) Error() string { return string(s) }

// A Mismatch is the error of a transcript that was run and printed something else.
type Mismatch struct {
	Text  string // what is wrong, and what to do
	Block string // the block as it should stand on the page
}

func (m *Mismatch) Error() string { return m.Text }

// A Runner runs transcripts. Every program is built once; each transcript has
// ports of its own, so they may run side by side.
type Runner struct {
	Site *Site
	Dir  string // for what is built, such as t.TempDir()
	Slow bool   // run those marked slow too
	// Updating takes what is printed for granted: where a transcript waits
	// for a line before Ctrl-C, it waits until nothing more is printed.
	Updating bool

	err error
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

// Prepare builds what the transcripts will run.
func (r *Runner) Prepare() { r.err = r.prepare() }

// Run runs the commands of a block and compares. Its error is nil, a Skip, a
// *Mismatch, or what went wrong.
func (r *Runner) Run(b *Block) error {
	d := b.Dir
	if r.err != nil {
		return r.err
	}
	for _, need := range strings.Fields(strings.Join(append(d.all("needs"), "make"), " ")) {
		if _, err := exec.LookPath(need); err != nil {
			return Skip("there is no " + need + " here")
		}
	}
	if os := d.get("os"); os != "" && !slices.Contains(strings.FieldsFunc(os, func(r rune) bool { return r == ',' || r == ' ' }), runtime.GOOS) {
		return Skip("only on " + os)
	}
	if d.has("slow") && !r.Slow {
		return Skip("slow: make check runs it, or PAGES=all go test ./docs")
	}
	_, err := r.run(b)
	return err
}
