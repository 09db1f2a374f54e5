package pages

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Directive is the HTML comment above a fenced block. It says where the block comes from:
//
//	<!-- code: server.go Serve Server.handle -->
//	<!-- output: with="make server-2" exit=1 -->
type Directive struct {
	Kind string   // "code" or "output"
	Args []string // words without =

	options map[string][]string
}

// Which options a directive knows, and which of them have no value.
var (
	known = map[string][]string{
		"code":   {"from", "to", "nodoc"},
		"output": {"with", "peer", "type", "vary", "exit", "needs", "os", "copy", "slow"},
	}
	flags = []string{"nodoc", "copy", "slow"}
)

func (d *Directive) get(key string) string { return strings.Join(d.options[key], " ") }

func (d *Directive) has(key string) bool { return d.options[key] != nil }

var (
	comment = regexp.MustCompile(`(?s)^\s*<!--\s*(code|output)\b(:?)(.*?)-->\s*$`)
	word    = regexp.MustCompile("^(?:([a-z]+)=)?(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|[^\\s\"`]+)(?:\\s+|$)")
)

// parseDirective returns nil for a comment that is not meant as a directive.
func parseDirective(html string) (*Directive, error) {
	m := comment.FindStringSubmatch(html)
	if m == nil || m[2] == "" && strings.TrimSpace(m[3]) != "" {
		return nil, nil
	}
	d := &Directive{Kind: m[1], options: map[string][]string{}}
	rest := strings.TrimSpace(m[3])
	for rest != "" {
		w := word.FindStringSubmatch(rest)
		if w == nil {
			return nil, fmt.Errorf("cannot read this directive from %q on; is a quote missing?", rest)
		}
		rest = rest[len(w[0]):]
		key, value := w[1], w[2]
		if strings.ContainsAny(value[:1], "\"`") {
			unquoted, err := strconv.Unquote(value)
			if err != nil {
				return nil, fmt.Errorf("cannot read %s in this directive; quote it as in Go (a regexp is easiest in `back quotes`)", value)
			}
			value = unquoted
		}
		if key == "" && slices.Contains(flags, value) {
			key = value
		}
		switch {
		case key == "" && d.Kind == "code":
			d.Args = append(d.Args, value)
		case slices.Contains(known[d.Kind], key):
			d.options[key] = append(d.options[key], value)
		default:
			return nil, fmt.Errorf("%s has no option %s; it knows %s", d.Kind, cmp.Or(key, value), strings.Join(known[d.Kind], ", "))
		}
	}
	if d.Kind == "code" && len(d.Args) == 0 {
		return nil, fmt.Errorf("name the file: <!-- code: server.go Serve -->")
	}
	for _, v := range d.options["vary"] {
		if _, err := regexp.Compile(v); err != nil {
			return nil, fmt.Errorf("vary: %v", err)
		}
	}
	return d, nil
}
