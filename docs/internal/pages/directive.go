package pages

import (
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
	opts []option

	line int
}

type option struct{ key, value string }

// Which options a directive knows. Flags are options without a value.
var known = map[string][]string{
	"code":   {"from", "to", "nodoc"},
	"output": {"with", "peer", "stdin", "type", "vary", "exit", "lang", "needs", "os", "copy", "slow"},
}

var flags = []string{"nodoc", "copy", "slow"}

func (d *Directive) all(key string) (values []string) {
	for _, o := range d.opts {
		if o.key == key {
			values = append(values, o.value)
		}
	}
	return values
}

func (d *Directive) get(key string) string {
	if v := d.all(key); len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

func (d *Directive) has(key string) bool { return len(d.all(key)) > 0 }

var (
	comment = regexp.MustCompile(`(?s)^\s*<!--\s*([a-z]+)\b(:?)(.*?)-->\s*$`)
	word    = regexp.MustCompile("^(?:([a-z]+)=)?(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|[^\\s\"`]+)\\s*")
)

// parseDirective returns nil for a comment that is not meant as a directive.
func parseDirective(html string) (*Directive, error) {
	m := comment.FindStringSubmatch(html)
	if m == nil || known[m[1]] == nil || m[2] == "" && strings.TrimSpace(m[3]) != "" {
		return nil, nil
	}
	d := &Directive{Kind: m[1]}
	rest := strings.TrimSpace(m[3])
	if d.Kind == "code" && (rest == "none" || strings.HasPrefix(rest, "none ")) {
		d.Args = []string{"none", strings.TrimSpace(strings.TrimPrefix(rest, "none"))}
		if d.Args[1] == "" {
			return nil, fmt.Errorf("say why this code stands in no file: <!-- code: none BECAUSE -->")
		}
		return d, nil
	}
	for rest != "" {
		w := word.FindStringSubmatch(rest)
		if w == nil {
			return nil, fmt.Errorf("cannot read this directive from %q on; is a quote missing?", rest)
		}
		rest = rest[len(w[0]):]
		key, value := w[1], w[2]
		if strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "`") {
			unquoted, err := strconv.Unquote(value)
			if err != nil {
				return nil, fmt.Errorf("cannot read %s in this directive; quote it as in Go (a regexp is easiest in `back quotes`)", value)
			}
			value = unquoted
		}
		if key == "" && slices.Contains(flags, value) {
			key, value = value, "true"
		}
		switch {
		case key == "":
			d.Args = append(d.Args, value)
		case slices.Contains(known[d.Kind], key):
			d.opts = append(d.opts, option{key, value})
		default:
			return nil, fmt.Errorf("%s has no option %s=; it knows %s", d.Kind, key, strings.Join(known[d.Kind], ", "))
		}
	}
	switch {
	case d.Kind == "code" && len(d.Args) == 0:
		return nil, fmt.Errorf("name the file: <!-- code: server.go Serve -->")
	case d.Kind == "output" && len(d.Args) > 0:
		return nil, fmt.Errorf("output does not know %q; it knows %s", d.Args[0], strings.Join(known["output"], ", "))
	}
	for _, v := range d.all("vary") {
		if _, err := regexp.Compile(v); err != nil {
			return nil, fmt.Errorf("vary: %v", err)
		}
	}
	if v := d.get("exit"); v != "" {
		if _, err := strconv.Atoi(v); err != nil {
			return nil, fmt.Errorf("exit=%s: an exit code is a number", v)
		}
	}
	return d, nil
}
