package catalogue

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
)

// Exit is an error with the exit code that it asks for.
type Exit struct {
	error
	Code int
}

// Run is "play error" (all of them), "play error NAME" (one, and what may be
// asked of it) and "play explain LINE" (its entry on the page).
func Run(l lang.Lang, args []string, out io.Writer) error {
	if args[0] == "explain" {
		return explain(l, strings.Join(args[1:], " "), out)
	}
	switch len(args) {
	case 1:
		for _, e := range entries {
			err := e.raise()
			if reason, ok := errors.AsType[Skip](err); ok {
				err = fmt.Errorf(l.Pick("(skipped: %w)", "（跳过：%w）"), reason)
			}
			fmt.Fprintf(out, "%-15s %v\n", e.name, err)
		}
		return nil
	case 2:
		i := slices.IndexFunc(entries, func(e entry) bool { return e.name == args[1] })
		if i >= 0 {
			err := entries[i].raise()
			if _, skipped := errors.AsType[Skip](err); skipped {
				return Exit{err, 77}
			}
			fmt.Fprintln(out, err)
			for _, yes := range ask(err) {
				fmt.Fprintln(out, "   ", yes)
			}
			return nil
		}
	}
	return Exit{fmt.Errorf(l.Pick("there is no error %q to provoke: play error lists them", "没有叫 %q 的错误：play error 列出全部"), strings.Join(args[1:], " ")), 2}
}

func (e entry) raise() error {
	err := e.provoke()
	if err == nil {
		return Skip("this system lets it pass")
	}
	return err
}

// A section is an entry as the page has it.
type section struct {
	file, heading, body string
	name                string   // "" where nothing is to be provoked
	phrases             []phrase // by which a line is known
}

// A phrase is part of a line; "…" in it stands for anything.
type phrase struct {
	text  string
	known *regexp.Regexp
}

func parse(text string) phrase {
	// To \W, the letters of Chinese, which has no spaces, are no letters.
	return phrase{text, regexp.MustCompile(`(?i)(?:^|\W)` + strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".*") + `(?:$|\W)`)}
}

var (
	provoked = regexp.MustCompile(`(?m)^\$ go run \./docs/play error (\S+)$`)
	printed  = regexp.MustCompile(`(?ms)^- \*\*(?:Printed as|常见写法)\*\*.*?(?:\n\n|\n- |\z)`)
	row      = regexp.MustCompile("(?m)^\\| (`[^|]+) \\|")
	errno    = regexp.MustCompile(`\[Errno -?\d+\]|\b1[01]\d{3}\b`) // the five digits are Windows'
	span     = regexp.MustCompile("`([^`]+)`")
)

// sections reads the page from the checkout that we are in.
func sections(file string) (all []section, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, file))
	for ; err != nil && dir != filepath.Dir(dir); text, err = os.ReadFile(filepath.Join(dir, file)) {
		dir = filepath.Dir(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not here: run this inside the course's folder", file)
	}
	for _, part := range strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n## ")[1:] {
		s := section{file: file}
		s.heading, s.body, _ = strings.Cut(part, "\n")
		if m := provoked.FindStringSubmatch(s.body); m != nil {
			s.name = m[1]
		}
		said := printed.FindString(s.body)
		for _, m := range row.FindAllStringSubmatch(s.body, -1) {
			said += m[1]
		}
		for _, m := range span.FindAllStringSubmatch(said, -1) {
			s.phrases = append(s.phrases, parse(m[1]))
			if number := errno.FindString(m[1]); number != "" {
				s.phrases = append(s.phrases, parse(number))
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// find gives the index of the entry that knows most of line, or -1. The pages
// have the same entries in the same order, and each knows the words of its
// own language.
func find(pages [2][]section, line string) int {
	best, found := 0, -1
	for _, page := range pages {
		for i, s := range page {
			for _, p := range s.phrases {
				if n := len(strings.ReplaceAll(p.text, "…", "")); n > best && p.known.MatchString(line) {
					best, found = n, i
				}
			}
		}
	}
	return found
}

var (
	unseen = regexp.MustCompile("(?m)^(?:<!--.*-->|```.*)\n| ?<!--.*?-->|\\*\\*|`")
	linked = regexp.MustCompile(`\[([^]]+)\]\([^)\s]*[./#][^)]*\)`) // not the call in errors.AsType[net.Error](err)
)

func explain(l lang.Lang, line string, out io.Writer) error {
	if strings.TrimSpace(line) == "" {
		return Exit{errors.New(l.Pick(`explain which line? for instance: play explain "read: connection reset by peer"`, `解释哪一行？例如：play explain "read: connection reset by peer"`)), 2}
	}
	var pages [2][]section
	for i, file := range []string{"docs/errors.md", "docs/errors.zh-CN.md"} {
		var err error
		if pages[i], err = sections(file); err != nil {
			return err
		}
	}
	i := find(pages, line)
	if i < 0 {
		return errors.New(l.Pick("no entry knows this line; go run ./docs/play error lists them all", "没有哪个条目认得这一行；go run ./docs/play error 列出全部"))
	}
	s := pages[0][i]
	if l == lang.Chinese {
		s = pages[1][i]
	}
	body := linked.ReplaceAllString(unseen.ReplaceAllString(s.body, ""), "$1")
	_, err := fmt.Fprintf(out, "%s (%s)\n%s\n", s.heading, s.file, strings.TrimRight(body, "\n"))
	return err
}
