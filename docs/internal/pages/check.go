package pages

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// Check returns everything that is wrong with the page itself. What its
// transcripts really print is left to a Runner.
func (p *Page) Check() []Problem {
	c := *p // its problems are found anew each time
	c.problems = slices.Clone(p.problems)
	c.headings()
	for _, b := range p.Blocks {
		c.source(b)
	}
	for _, l := range p.links {
		c.link(l)
	}
	for _, t := range p.prose {
		c.words(t)
	}
	c.twin()
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
	return c.problems
}

func (p *Page) headings() {
	titles, level := 0, 0
	for _, h := range p.Headings {
		if h.Level == 1 {
			titles++
		}
		if level > 0 && h.Level > level+1 {
			p.add(h.Line, "heading %q jumps from level %d to %d; leave no level out", h.Text, level, h.Level)
		}
		level = h.Level
	}
	if titles != 1 {
		p.add(1, "%d headings of level 1; a page has one, its title", titles)
	}
}

func (p *Page) source(b *Block) {
	switch d := b.Dir; {
	case b.Lang == "":
		p.add(b.Line, "this block names no language; write ```text if it has none")
	case d == nil && b.Lang == "console":
		p.add(b.Line, "a transcript without its directive; write <!-- output --> above it and let the test fill it in")
	case d == nil && b.Lang != "text" && b.Lang != "sh": // drawings, and commands, whose names are checked below
		p.add(b.Line, "a %s block without its source; write <!-- code: FILE NAME --> above it", b.Lang)
	case d != nil && (d.Kind == "output") != (b.Lang == "console"):
		p.add(b.Line, "<!-- %s --> above a %s block; <!-- output --> stands above a console block, and nothing else does", d.Kind, b.Lang)
	case b.Lang == "console":
		if _, err := b.commands(); err != nil {
			p.add(b.Line, "%v", err)
		}
	case b.quoted():
		file := p.resolve(b.Dir.Args[0])
		want, err := quote(p.site.Root, file, b.Dir)
		if err != nil {
			p.add(b.Line, "%v", err)
		} else if want != b.Text {
			p.add(b.Line, "differs from %s (-file +page); go test ./docs -update rewrites it:\n%s", file, cmp.Diff(want, b.Text))
		}
	}
	for i, line := range strings.Split(b.Text, "\n") {
		if cmd, prompted := strings.CutPrefix(line, "$ "); b.Lang == "sh" || prompted && b.Lang == "console" {
			p.doors(cmd, b.Line+1+i)
		}
	}
}

// link resolves a relative link, with its anchor.
func (p *Page) link(l link) {
	if l.image && strings.TrimSpace(l.alt) == "" {
		p.add(l.line, "picture %s has no text for those who cannot see it", l.dest)
	}
	u, err := url.Parse(l.dest)
	if err != nil || slices.Contains([]string{"mailto", "http", "https"}, u.Scheme) {
		return
	}
	if u.Scheme != "" || u.Host != "" || strings.HasPrefix(u.Path, "/") {
		p.add(l.line, "link %s: write it relative to this page", l.dest)
		return
	}
	target := p.Path
	if u.Path != "" {
		target = p.resolve(u.Path)
	}
	if strings.HasPrefix(target, "..") {
		p.add(l.line, "link %s leaves the repository", l.dest)
		return
	}
	if !p.site.exists(target) {
		p.add(l.line, "link %s: there is no %s", l.dest, target)
		return
	}
	ext := path.Ext(target)
	if zh := strings.TrimSuffix(target, ext) + ".zh-CN" + ext; p.Chinese && l.image && p.site.exists(zh) {
		p.add(l.line, "there is a Chinese picture; use %s", path.Base(zh))
	}
	if u.Fragment == "" {
		return
	}
	if to := p.site.page(target); to == nil {
		p.add(l.line, "link %s: only a page has anchors", l.dest)
	} else if !to.anchor(u.Fragment) {
		var have []string
		for _, h := range to.Headings {
			have = append(have, "#"+h.Anchor)
		}
		p.add(l.line, "link %s: %s has no heading with the anchor #%s; it has %s", l.dest, target, u.Fragment, strings.Join(have, ", "))
	}
}

func (s *Site) exists(target string) bool {
	_, err := os.Stat(filepath.Join(s.Root, filepath.FromSlash(target)))
	return err == nil
}

// What a reader would see as a slip of the typist, and where it may stand.
var slips = []struct {
	re      *regexp.Regexp
	chinese bool
	advice  string
}{
	{regexp.MustCompile(`\*\*`), false, "** shows as two stars here, for Markdown does not see bold next to this punctuation; write **连接**（TCP）, not **连接（TCP）**的"},
	{regexp.MustCompile(`\p{Han}\(|\)\p{Han}|（[^（）()]*\)|\([^（）()]*）`), true, "half-width brackets in Chinese; write （…）"},
	{regexp.MustCompile(`\p{Han}` + mark + `|` + mark + `\p{Han}`), true, "no space between Chinese and `code`"},
}

func (p *Page) words(t prose) {
	for _, code := range t.codes {
		p.doors(code, t.line)
	}
	for i, line := range strings.Split(t.text, "\n") {
		for _, slip := range slips {
			if slip.re.MatchString(line) && (p.Chinese || !slip.chinese) {
				p.add(t.line+i, "%s: %s", slip.advice, strings.ReplaceAll(line, mark, "`…`"))
			}
		}
	}
}

// twin compares a page with the same page in the other language.
func (p *Page) twin() {
	other := strings.TrimSuffix(p.Path, ".md") + ".zh-CN.md"
	if p.Chinese {
		other = strings.TrimSuffix(p.Path, ".zh-CN.md") + ".md"
	}
	t := p.site.page(other)
	if t == nil {
		p.add(1, "its twin %s is missing", other)
		return
	}
	if !slices.ContainsFunc(p.links, func(l link) bool { return l.line <= 10 && p.resolve(l.dest) == other }) {
		p.add(1, "no link to %s near the top; readers of the other language look for it there", path.Base(other))
	}
	if p.Chinese { // what differs is said once
		p.compare(t)
	}
}

// part is a piece of a page that its twin has too: with the same key.
type part struct {
	line      int
	key, name string
}

// parts are the headings, the pictures and the code of a page. What must be
// the same in both languages is of a quotation its source and text, of a
// transcript its commands, of a drawing in letters that it is one (the words
// in it are translated).
func (p *Page) parts() (all []part) {
	for _, h := range p.Headings {
		all = append(all, part{h.Line, strings.Repeat("#", h.Level), "heading " + h.Text})
	}
	for _, l := range p.links {
		if l.image {
			all = append(all, part{l.line, strings.Replace(p.resolve(l.dest), ".zh-CN.", ".", 1), "picture " + path.Base(l.dest)})
		}
	}
	for _, b := range p.Blocks {
		key := b.Lang + "\n"
		if b.Dir != nil {
			key += fmt.Sprint(b.Dir.Kind, b.Dir.Args)
		}
		for line := range strings.Lines(b.Text) {
			if b.Lang != "text" && (b.Lang != "console" || strings.HasPrefix(line, "$ ")) {
				key += line
			}
		}
		all = append(all, part{b.Line, key, "code ```" + b.Lang})
	}
	slices.SortStableFunc(all, func(a, b part) int { return a.line - b.line })
	return all
}

// compare reports the first part that is not the same on both pages.
func (p *Page) compare(twin *Page) {
	here, there := p.parts(), twin.parts()
	for i, h := range here {
		if i == len(there) {
			p.add(h.line, "%s has no counterpart in %s", h.name, twin.Path)
			return
		}
		if t := there[i]; h.key != t.key {
			p.add(h.line, "%s is not that of %s:%d (%s); keep both pages in step", h.name, twin.Path, t.line, t.name)
			return
		}
	}
	if len(there) > len(here) {
		t := there[len(here)]
		p.add(1, "%s:%d (%s) has no counterpart here", twin.Path, t.line, t.name)
	}
}

var (
	separators = regexp.MustCompile(`&&|\|\||[|;&]`)
	listed     = regexp.MustCompile(`(?m)^## (\S+) `)
	assignment = regexp.MustCompile(`^[A-Za-z_]+=`)
	pattern    = regexp.MustCompile(`[…*]|NN|NAME`)
)

// doors checks that the commands on a page exist: targets of make by what a
// bare make lists, arguments of go by the folders.
func (p *Page) doors(line string, at int) {
	line, _, _ = strings.Cut(line, " #")
	for _, command := range separators.Split(line, -1) {
		f := strings.Fields(command)
		for len(f) > 0 && assignment.MatchString(f[0]) {
			f = f[1:]
		}
		switch {
		case len(f) > 1 && f[0] == "make" && f[1][0] != '-' && !assignment.MatchString(f[1]):
			if !p.site.target(f[1]) {
				p.add(at, "make %s: a bare make lists no such target", f[1])
			}
		case len(f) > 2 && f[0] == "go" && slices.Contains([]string{"run", "test", "vet", "build"}, f[1]):
			for _, arg := range f[2:] {
				if folder, local := strings.CutPrefix(strings.TrimSuffix(arg, "..."), "./"); local && !pattern.MatchString(folder) {
					if !p.site.exists(folder) {
						p.add(at, "go %s %s: there is no such folder", f[1], arg)
					}
					if f[1] == "run" {
						break // what follows is for the program
					}
				}
			}
		}
	}
}

// target reports whether the Makefile lists a target, reading N as the number
// of a lesson and NAME as the name of an exercise.
func (s *Site) target(name string) bool {
	src, _ := os.ReadFile(filepath.Join(s.Root, "Makefile"))
	exists := func(pattern ...string) bool {
		found, _ := filepath.Glob(filepath.Join(s.Root, filepath.Join(pattern...)))
		return len(found) > 0
	}
	for _, m := range listed.FindAllSubmatch(src, -1) {
		t := string(m[1])
		lesson, numbered := strings.CutSuffix(t, "N")
		exercise, named := strings.CutSuffix(t, "NAME")
		switch {
		case t == name,
			numbered && strings.HasPrefix(name, lesson) && exists("0"+name[len(lesson):]+"-*"),
			named && strings.HasPrefix(name, exercise) && exists("0*", "exercises", name[len(exercise):]):
			return true
		}
	}
	return false
}
