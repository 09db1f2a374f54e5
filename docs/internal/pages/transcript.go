package pages

import (
	"errors"
	"fmt"
	"regexp"
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
func (b *Block) commands() ([]command, error) {
	var out []command
	more := false
	for i, line := range strings.Split(strings.TrimSuffix(b.Text, "\n"), "\n") {
		switch cmd, ok := strings.CutPrefix(line, "$ "); {
		case more:
			last := &out[len(out)-1]
			last.line += "\n" + line
			more = strings.HasSuffix(line, `\`)
		case ok:
			if own.MatchString(cmd) {
				return nil, fmt.Errorf("%q runs the very test that would run it; show it in a ```sh block", cmd)
			}
			out = append(out, command{line: cmd})
			more = strings.HasSuffix(cmd, `\`)
		case len(out) == 0:
			return nil, fmt.Errorf("a transcript begins with a command (\"$ make lesson-1\"), line %d does not", b.Line+1+i)
		default:
			last := &out[len(out)-1]
			last.expected = append(last.expected, line)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("an empty transcript; write the command (\"$ make lesson-1\") and let go test ./docs -update fill it in")
	}
	return out, nil
}
