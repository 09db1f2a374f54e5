//go:build unix

package pages

import (
	"regexp"
	"slices"
	"strings"
)

// elided, alone on a line, stands for any number of lines of output; at the
// end of a line, for the rest of it.
const elided = "…"

// varies stands in messages for what vary= matches.
const varies = "‹varies›"

var (
	makeError  = regexp.MustCompile(`make(?:\[\d+\])?: \*\*\* \[(?:Makefile:\d+: ?)?([^\]]+)\]`)
	normalised = []struct {
		re *regexp.Regexp
		to string
	}{
		{regexp.MustCompile(`\b(?:\d+m)?\d+\.\d+ ?(?:ns|µs|us|ms|s)\b`), "‹time›"},
		{regexp.MustCompile(`\b\d+ ?(?:ns|µs|us|ms)\b`), "‹time›"},
		{regexp.MustCompile(`\b\d+(?:\.\d+)? ?(?:[KMG]i?)?B/s\b`), "‹rate›"},
		{regexp.MustCompile(`\bpid \d+`), "pid ‹pid›"},
		{regexp.MustCompile(`(\t‹time›|\t\(cached\))$`), "\t‹time›"},
	}
	port   = regexp.MustCompile(`((?:127\.\d+\.\d+\.\d+|\[::1\]|localhost):)\d+`)
	blanks = regexp.MustCompile(`  +|──+|\t+`)
)

// normalise makes two runs alike: times, rates, process ids, every port but
// that of the shown address, the line numbers of make, and what vary matches.
// Where something was replaced, the width of a gap or of a rule says nothing.
func normalise(line string, vary []*regexp.Regexp) string {
	line = strings.TrimRight(line, " \t\r")
	line = makeError.ReplaceAllString(line, "make: *** [$1]")
	before := line
	for _, re := range vary {
		line = re.ReplaceAllLiteralString(line, varies)
	}
	for _, n := range normalised {
		line = n.re.ReplaceAllString(line, n.to)
	}
	line = port.ReplaceAllStringFunc(line, func(addr string) string {
		if strings.HasSuffix(addr, ":8080") {
			return addr
		}
		return port.ReplaceAllString(addr, "${1}‹port›")
	})
	if line != before {
		line = blanks.ReplaceAllStringFunc(line, func(s string) string {
			if strings.HasPrefix(s, "─") {
				return "─"
			}
			return " "
		})
	}
	return line
}

// matches compares the lines shown on a page with those printed.
func matches(want, got []string, vary []*regexp.Regexp) bool {
	shown, printed := `\A`, ""
	for _, line := range normaliseAll(want, vary) {
		start, cut := strings.CutSuffix(line, elided)
		switch {
		case strings.TrimSpace(line) == elided:
			shown += `(?:.*\n)*`
		case cut:
			shown += regexp.QuoteMeta(start) + `.*\n`
		default:
			shown += regexp.QuoteMeta(line) + `\n`
		}
	}
	for _, line := range normaliseAll(got, vary) {
		printed += line + "\n"
	}
	return regexp.MustCompile(shown + `\z`).MatchString(printed)
}

// normaliseAll also takes lines that vary in whole, and follow one another, for
// one: how many reads a stream takes differs from run to run.
func normaliseAll(lines []string, vary []*regexp.Regexp) []string {
	out := make([]string, 0, len(lines))
	for _, l := range lines {
		l = normalise(l, vary)
		if l == varies && len(out) > 0 && out[len(out)-1] == varies {
			continue
		}
		out = append(out, l)
	}
	return out
}

// merge gives the lines to write on the page: what was printed, but the old
// line where only times and ports differ, and the old elision where it can stay.
func merge(old, got []string, vary []*regexp.Regexp) []string {
	if matches(old, got, vary) {
		return old
	}
	if i := slices.Index(old, elided); i >= 0 && len(old)-1 <= len(got) && !slices.Contains(old[i+1:], elided) {
		tail := len(old) - i - 1
		short := slices.Concat(merge(old[:i], got[:i], vary), []string{elided}, merge(old[i+1:], got[len(got)-tail:], vary))
		if matches(short, got, vary) {
			return short
		}
	}
	out := slices.Clone(got)
	for i := range min(len(old), len(got)) {
		if normalise(old[i], vary) == normalise(got[i], vary) {
			out[i] = old[i]
		}
	}
	return out
}

// split gives the lines of s, but for go's word that it fetches a module.
func split(s string) []string {
	if s == "" {
		return nil
	}
	return slices.DeleteFunc(strings.Split(strings.TrimSuffix(s, "\n"), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "go: downloading ")
	})
}
