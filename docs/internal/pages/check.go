package pages

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// Check returns everything that is wrong with the page itself. What its
// transcripts really print is left to Transcripts.
func (p *Page) Check() []Problem {
	c := &checker{Page: p, found: slices.Clone(p.faults)}
	c.headings()
	c.blocks()
	c.linksAndPictures()
	c.words()
	c.twin()
	slices.SortStableFunc(c.found, func(a, b Problem) int { return a.Line - b.Line })
	return c.found
}

type checker struct {
	*Page
	found []Problem
}

func (c *checker) add(line int, format string, args ...any) {
	c.found = append(c.found, Problem{c.Path, line, fmt.Sprintf(format, args...)})
}

func (c *checker) headings() {
	titles, level := 0, 0
	for _, h := range c.Headings {
		if h.Level == 1 {
			titles++
		}
		if level > 0 && h.Level > level+1 {
			c.add(h.Line, "heading %q jumps from level %d to %d; leave no level out", h.Text, level, h.Level)
		}
		level = h.Level
	}
	if titles != 1 {
		c.add(1, "%d headings of level 1; a page has one, its title", titles)
	}
}

// Languages whose blocks need no directive: pictures made of letters, and
// commands, whose names are checked instead.
var free = []string{"text", "sh"}

func (c *checker) blocks() {
	for _, b := range c.Blocks {
		switch d := b.Dir; {
		case b.Lang == "":
			c.add(b.Line, "this block names no language; write ```text if it has none")
		case d == nil && b.Lang == "console":
			c.add(b.Line, "a transcript without its directive; write <!-- output --> above it and let the test fill it in")
		case d == nil && !slices.Contains(free, b.Lang):
			c.add(b.Line, "a %s block without its source; write <!-- code: FILE NAME --> above it, or <!-- code: none BECAUSE -->", b.Lang)
		case d == nil:
		case d.Kind == "code" && b.Lang == "console":
			c.add(b.Line, "a transcript comes from a command: <!-- output -->")
		case d.Kind == "output" && b.Lang != "console":
			c.add(b.Line, "<!-- output --> stands above a ```console block, this is ```%s", b.Lang)
		case d.Kind == "code" && d.Args[0] == "none":
			err := parses(b.Lang, b.Text)
			if b.Lang == "python" {
				err = pythonParses(b.Text)
			}
			if err != nil {
				c.add(b.Line, "this %s block %v", b.Lang, err)
			}
		case d.Kind == "code":
			c.quoted(b)
		default:
			if _, err := b.commands(); err != nil {
				c.add(b.Line, "%v", err)
			}
		}
		if b.Lang == "sh" || b.Lang == "console" {
			for i, line := range strings.Split(b.Text, "\n") {
				cmd, prompted := strings.CutPrefix(line, "$ ")
				if prompted || b.Lang == "sh" {
					c.doors(cmd, b.Line+1+i)
				}
			}
		}
	}
}

func (c *checker) quoted(b *Block) {
	file := c.resolve(b.Dir.Args[0])
	if (b.Lang == "go") != strings.HasSuffix(file, ".go") {
		c.add(b.Line, "a %s block that quotes %s", b.Lang, file)
		return
	}
	want, err := quote(c.site.Root, file, b.Dir)
	if err != nil {
		c.add(b.Line, "%v", err)
	} else if want != b.Text {
		c.add(b.Line, "differs from %s (-file +page); go test ./docs -update rewrites it:\n%s", file, cmp.Diff(want, b.Text))
	}
}

// linksAndPictures resolves every relative link, with its anchor.
func (c *checker) linksAndPictures() {
	for _, l := range c.links {
		if l.image && strings.TrimSpace(l.alt) == "" {
			c.add(l.line, "picture %s has no text for those who cannot see it", l.dest)
		}
		u, err := url.Parse(l.dest)
		switch {
		case err != nil:
			c.add(l.line, "link %q: %v", l.dest, err)
			continue
		case u.Scheme == "mailto" || u.Scheme == "http" || u.Scheme == "https":
			continue
		case u.Scheme != "" || u.Host != "" || strings.HasPrefix(u.Path, "/"):
			c.add(l.line, "link %s: write it relative to this page", l.dest)
			continue
		}
		target := c.Path
		if u.Path != "" {
			target = c.resolve(u.Path)
		}
		if target == ".." || strings.HasPrefix(target, "../") {
			c.add(l.line, "link %s leaves the repository", l.dest)
			continue
		}
		info, err := os.Stat(filepath.Join(c.site.Root, filepath.FromSlash(target)))
		if err != nil || !sameCase(c.site.Root, target) {
			c.add(l.line, "link %s: there is no %s", l.dest, target)
			continue
		}
		if c.Chinese && l.image {
			c.chinesePicture(l, target)
		}
		if u.Fragment == "" {
			continue
		}
		if to := c.site.page(target); to != nil {
			if !to.anchors[u.Fragment] {
				c.add(l.line, "link %s: %s has no heading with the anchor #%s; it has %s", l.dest, target, u.Fragment, to.nearest(u.Fragment))
			}
		} else if info.IsDir() || !regexp.MustCompile(`^L\d+(-L\d+)?$`).MatchString(u.Fragment) {
			c.add(l.line, "link %s: only a page has anchors", l.dest)
		}
	}
}

func (c *checker) chinesePicture(l link, target string) {
	ext := path.Ext(target)
	zh := strings.TrimSuffix(target, ext) + ".zh-CN" + ext
	if _, err := os.Stat(filepath.Join(c.site.Root, filepath.FromSlash(zh))); err == nil {
		c.add(l.line, "there is a Chinese picture; use %s", path.Base(zh))
	}
}

// nearest lists the anchors of p that share a beginning with want, or all of them.
func (p *Page) nearest(want string) string {
	var close, all []string
	for _, h := range p.Headings {
		all = append(all, "#"+h.Anchor)
		if r := []rune(want); len(r) > 1 && strings.HasPrefix(h.Anchor, string(r[:2])) {
			close = append(close, "#"+h.Anchor)
		}
	}
	if len(close) > 0 {
		return strings.Join(close, ", ")
	}
	return strings.Join(all, ", ")
}

// sameCase reports whether every part of the path is spelt as on disk: macOS
// and Windows open Readme.md for README.md, and the web does not.
func sameCase(root, target string) bool {
	dir := root
	for part := range strings.SplitSeq(path.Clean(target), "/") {
		if part == "." {
			continue
		}
		if part == ".." {
			return true
		}
		entries, err := os.ReadDir(dir)
		if err != nil || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == part }) {
			return false
		}
		dir = filepath.Join(dir, part)
	}
	return true
}

var (
	halfWidth = regexp.MustCompile(`\p{Han}\(|\)\p{Han}|（[^（）()]*\)|\([^（）()]*）`)
	tightCode = regexp.MustCompile(`\p{Han}` + mark + `|` + mark + `\p{Han}`)
	tightEnd  = regexp.MustCompile(`[^\s` + mark + `]*` + mark + `[^\s` + mark + `]*`)
)

// words checks what a reader would see as a slip of the typist.
func (c *checker) words() {
	for _, t := range c.prose {
		if i := strings.Index(t.text, "**"); i >= 0 {
			c.add(t.line+strings.Count(t.text[:i], "\n"), "** shows as two stars here, for Markdown does not see bold next to this punctuation; write **连接**（TCP）, not **连接（TCP）**的: %s", around(t.text, i))
		}
		for _, code := range t.codes {
			c.doors(code, t.line)
		}
		if !c.Chinese {
			continue
		}
		if i := halfWidth.FindStringIndex(t.text); i != nil {
			c.add(t.line+strings.Count(t.text[:i[0]], "\n"), "half-width brackets in Chinese; write （…）: %s", around(t.text, i[0]))
		}
		if i := tightCode.FindStringIndex(t.text); i != nil {
			c.add(t.line+strings.Count(t.text[:i[0]], "\n"), "no space between Chinese and `code`: %s",
				strings.ReplaceAll(tightEnd.FindString(t.text[max(0, i[0]-30):]), mark, "`…`"))
		}
	}
}

func around(s string, at int) string {
	from, to := at, at
	for n := 0; n < 12 && from > 0; n++ {
		from--
		for from > 0 && s[from]&0xC0 == 0x80 {
			from--
		}
	}
	for n := 0; n < 14 && to < len(s); n++ {
		to++
		for to < len(s) && s[to]&0xC0 == 0x80 {
			to++
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(s[from:to], "\n", " "), mark, "`…`")
}

// twin compares a page with the same page in the other language.
func (c *checker) twin() {
	other := strings.TrimSuffix(c.Path, ".md") + ".zh-CN.md"
	if c.Chinese {
		other = strings.TrimSuffix(c.Path, ".zh-CN.md") + ".md"
	}
	t := c.site.page(other)
	if t == nil {
		c.add(1, "its twin %s is missing", other)
		return
	}
	if !slices.ContainsFunc(c.links, func(l link) bool { return l.line <= 10 && c.resolve(l.dest) == other }) {
		c.add(1, "no link to %s near the top; readers of the other language look for it there", path.Base(other))
	}
	if !c.Chinese {
		return // what differs is said once, on the Chinese page
	}
	compare(c, t, "heading", c.Headings, t.Headings, func(h Heading) (int, string, string) {
		return h.Line, strings.Repeat("#", h.Level), h.Text
	})
	compare(c, t, "code block", c.Blocks, t.Blocks, func(b *Block) (int, string, string) {
		return b.Line, b.essence(), "```" + b.Lang
	})
	pictures := func(p *Page) []link {
		return slices.DeleteFunc(slices.Clone(p.links), func(l link) bool { return !l.image })
	}
	compare(c, t, "picture", pictures(c.Page), pictures(t), func(l link) (int, string, string) {
		return l.line, strings.Replace(c.resolve(l.dest), ".zh-CN.", ".", 1), path.Base(l.dest)
	})
}

// essence is what must be the same in both languages: for a quotation its
// source and text, for a transcript its commands, for a drawing in letters
// that it is one (the words in it are translated).
func (b *Block) essence() string {
	var dir string
	if b.Dir != nil {
		dir = fmt.Sprint(b.Dir.Kind, b.Dir.Args)
	}
	switch b.Lang {
	case "text":
		return b.Lang
	case "console":
		var commands []string
		for line := range strings.SplitSeq(b.Text, "\n") {
			if strings.HasPrefix(line, "$ ") {
				commands = append(commands, line)
			}
		}
		return strings.Join(append(commands, b.Lang, dir), "\n")
	}
	if b.Dir != nil && b.Dir.Args != nil && b.Dir.Args[0] == "none" {
		dir = "none" // the reason may be in the language of the page
	}
	return b.Lang + "\n" + dir + "\n" + b.Text
}

// compare reports the first of two lists' members whose keys differ.
func compare[T any](c *checker, other *Page, what string, here, there []T, f func(T) (line int, key, name string)) {
	for i := range max(len(here), len(there)) {
		switch {
		case i >= len(here):
			line, _, name := f(there[i])
			c.add(1, "%s %d of %s (line %d, %s) has no counterpart here", what, i+1, other.Path, line, name)
			return
		case i >= len(there):
			line, _, name := f(here[i])
			c.add(line, "%s %d (%s) has no counterpart in %s", what, i+1, name, other.Path)
			return
		}
		line, key, name := f(here[i])
		otherLine, otherKey, otherName := f(there[i])
		if key != otherKey {
			c.add(line, "%s %d (%s) is not that of %s:%d (%s); keep both pages in step", what, i+1, name, other.Path, otherLine, otherName)
			return
		}
	}
}

var (
	separators = regexp.MustCompile(`&&|\|\||[|;&]`)
	listed     = regexp.MustCompile(`(?m)^## (\S+) `)
	assignment = regexp.MustCompile(`^[A-Za-z_]+=`)
)

// doors checks that the commands on a page exist: targets of make by what a
// bare make lists, arguments of go by the folders.
func (c *checker) doors(line string, at int) {
	for _, command := range separators.Split(strings.SplitN(line, " #", 2)[0], -1) {
		f := strings.Fields(command)
		for len(f) > 0 && assignment.MatchString(f[0]) {
			f = f[1:]
		}
		switch {
		case len(f) > 1 && f[0] == "make" && !strings.HasPrefix(f[1], "-") && !assignment.MatchString(f[1]):
			if !c.site.target(f[1]) {
				c.add(at, "make %s: a bare make lists no such target", f[1])
			}
		case len(f) > 2 && f[0] == "go" && slices.Contains([]string{"run", "test", "vet", "build"}, f[1]):
			for _, arg := range f[2:] {
				folder, local := strings.CutPrefix(arg, "./")
				folder = strings.TrimSuffix(strings.TrimSuffix(folder, "..."), "/")
				if !local || strings.ContainsAny(folder, "…*") || strings.Contains(folder, "NN") || strings.Contains(folder, "NAME") {
					continue
				}
				if info, err := os.Stat(filepath.Join(c.site.Root, filepath.FromSlash(folder))); err != nil || !info.IsDir() || !sameCase(c.site.Root, folder) {
					c.add(at, "go %s %s: there is no such folder", f[1], arg)
				}
				if f[1] == "run" {
					break // what follows is for the program
				}
			}
		}
	}
}

// target reports whether the Makefile lists a target, reading N as the number
// of a lesson and NAME as the name of an exercise.
func (s *Site) target(name string) bool {
	src, err := os.ReadFile(filepath.Join(s.Root, "Makefile"))
	if err != nil {
		return false
	}
	for _, m := range listed.FindAllSubmatch(src, -1) {
		t := string(m[1])
		if t == name {
			return true
		}
		if prefix, ok := strings.CutSuffix(t, "-N"); ok && regexp.MustCompile(`^`+prefix+`-\d$`).MatchString(name) {
			found, _ := filepath.Glob(filepath.Join(s.Root, "0"+name[len(name)-1:]+"-*"))
			return len(found) > 0
		}
		if prefix, ok := strings.CutSuffix(t, "NAME"); ok && strings.HasPrefix(name, prefix) {
			found, _ := filepath.Glob(filepath.Join(s.Root, "0*", "exercises", name[len(prefix):]))
			return len(found) > 0
		}
	}
	return false
}

var python = sync.OnceValue(func() string {
	for _, name := range []string{"python3", "python"} {
		if found, err := exec.LookPath(name); err == nil && exec.Command(found, "-c", "import ast, sys; assert sys.version_info[0] == 3").Run() == nil {
			return found
		}
	}
	return ""
})

var parsed sync.Map // Python code to its error, for both languages show the same

// pythonParses lets Python itself read the code, where there is one.
func pythonParses(code string) error {
	if python() == "" {
		return nil
	}
	if err, ok := parsed.Load(code); ok {
		err, _ := err.(error)
		return err
	}
	err := askPython(code)
	parsed.Store(code, err)
	return err
}

func askPython(code string) error {
	cmd := exec.Command(python(), "-c", "import ast, sys; ast.parse(sys.stdin.buffer.read())")
	cmd.Stdin = strings.NewReader(code)
	if out, err := cmd.CombinedOutput(); err != nil {
		last := bytes.TrimRightFunc(out, unicode.IsSpace)
		return fmt.Errorf("is not Python: %s", last[bytes.LastIndexByte(last, '\n')+1:])
	}
	return nil
}

// Update rewrites the page's quotations from their files and returns the new
// text of the page; transcripts, whose Block is a key of prints, get that text.
func (p *Page) Update(prints map[*Block]string) []byte {
	var out bytes.Buffer
	at := 0
	for _, b := range p.Blocks {
		want, ok := prints[b]
		if !ok && b.Dir != nil && b.Dir.Kind == "code" && b.Dir.Args[0] != "none" {
			if q, err := quote(p.site.Root, p.resolve(b.Dir.Args[0]), b.Dir); err == nil {
				want, ok = q, true
			}
		}
		if !ok || want == b.Text {
			continue
		}
		out.Write(p.src[at:b.start])
		for line := range strings.SplitAfterSeq(want, "\n") {
			if strings.TrimSpace(line) != "" {
				out.WriteString(b.indent)
			}
			out.WriteString(line)
		}
		at = b.stop
	}
	out.Write(p.src[at:])
	return out.Bytes()
}
