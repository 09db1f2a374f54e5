// Package pages checks the course's Markdown pages against the programs they
// talk about: quotations against source files, transcripts against what the
// commands print, links and anchors against what is there, and each English
// page against its Chinese twin. CONTRIBUTING.md describes the directives.
package pages

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// A Problem is something wrong on a page, and what to do about it.
type Problem struct {
	Page string // path from the root, with slashes
	Line int    // from 1
	Text string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.Page, p.Line, p.Text) }

// A Site is all pages below one root.
type Site struct {
	Root  string
	Pages []*Page
}

// A Page is one parsed Markdown file.
type Page struct {
	Path     string // from the root, with slashes
	Chinese  bool
	Headings []Heading
	Blocks   []*Block

	site     *Site
	src      []byte
	links    []link
	prose    []prose
	problems []Problem
}

// A Heading carries the anchor that GitHub gives it.
type Heading struct {
	Level        int
	Text, Anchor string
	Line         int
}

// A Block is a fenced code block and the directive above it, if any.
type Block struct {
	Page *Page
	Line int // of the opening fence
	Lang string
	Text string
	Dir  *Directive

	start, stop int    // of Text in the page's source
	indent      string // before each line of Text in the page's source
}

type link struct {
	dest  string
	line  int
	image bool
	alt   string
}

// prose is one paragraph, heading or table cell, with every piece of code in
// it replaced by mark, and that code beside it.
type prose struct {
	text  string
	codes []string
	line  int
}

const mark = "\ufffc"

var md = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))

// Load reads every page below root but those in folders called testdata or
// node_modules, or whose name begins with a dot.
func Load(root string) (*Site, error) {
	s, house := &Site{Root: root}, os.DirFS(root)
	err := fs.WalkDir(house, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && file != "." && (name == "testdata" || name == "node_modules" || name[0] == '.') {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".md") {
			return nil
		}
		src, err := fs.ReadFile(house, file)
		s.Pages = append(s.Pages, s.parse(file, src))
		return err
	})
	return s, err
}

func (s *Site) page(path string) *Page {
	i := slices.IndexFunc(s.Pages, func(p *Page) bool { return p.Path == path })
	if i < 0 {
		return nil
	}
	return s.Pages[i]
}

func (p *Page) add(line int, format string, args ...any) {
	p.problems = append(p.problems, Problem{p.Path, line, fmt.Sprintf(format, args...)})
}

func (p *Page) lineAt(offset int) int { return 1 + bytes.Count(p.src[:offset], []byte("\n")) }

// resolve gives the path from the root of a path written on the page.
func (p *Page) resolve(rel string) string { return path.Join(path.Dir(p.Path), rel) }

func (p *Page) anchor(name string) bool {
	return slices.ContainsFunc(p.Headings, func(h Heading) bool { return h.Anchor == name })
}

func (s *Site) parse(name string, src []byte) *Page {
	p := &Page{
		Path: name, Chinese: strings.HasSuffix(name, ".zh-CN.md"),
		site: s, src: bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")),
	}
	ast.Walk(md.Parser().Parse(text.NewReader(p.src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			b := p.block(n)
			if above, ok := n.PreviousSibling().(*ast.HTMLBlock); ok {
				b.Dir, _ = parseDirective(p.html(above))
			}
			p.Blocks = append(p.Blocks, b)
		case *ast.CodeBlock:
			p.add(p.lineAt(n.Pos()), "code by indentation; fence it with ``` and name its language")
		case *ast.HTMLBlock:
			html, line := p.html(n), p.lineAt(n.Pos())
			d, err := parseDirective(html)
			if err != nil {
				p.add(line, "%v", err)
			}
			if _, ok := n.NextSibling().(*ast.FencedCodeBlock); d != nil && !ok {
				p.add(line, "nothing follows this directive; put the fenced block right below it")
			}
			if strings.HasPrefix(html, "<!-- proved") {
				p.add(line, "a proof at the beginning of a line cuts the paragraph in two; let the line above end with it")
			}
			if strings.Contains(html, "<details>") && strings.ContainsAny(html, "`[") {
				p.add(line, "Markdown is not read here: an empty line ends <summary>…</summary>, in which code is <code>…</code>")
			}
		case *ast.Heading:
			t := p.inline(n)
			h := Heading{Level: n.Level, Text: strings.TrimSpace(t.plain()), Line: t.line}
			h.Anchor = Anchor(h.Text)
			for k := 1; p.anchor(h.Anchor); k++ {
				h.Anchor = fmt.Sprintf("%s-%d", Anchor(h.Text), k)
			}
			p.Headings = append(p.Headings, h)
			p.prose = append(p.prose, t)
		case *ast.Paragraph, *ast.TextBlock, *extast.TableCell:
			p.prose = append(p.prose, p.inline(n))
		case *ast.Link:
			p.links = append(p.links, link{dest: string(n.Destination), line: p.lineOf(n)})
		case *ast.Image:
			p.links = append(p.links, link{dest: string(n.Destination), line: p.lineOf(n), image: true, alt: p.inline(n).plain()})
		}
		return ast.WalkContinue, nil
	})
	return p
}

func (p *Page) html(n *ast.HTMLBlock) string {
	html := string(n.Lines().Value(p.src))
	if n.HasClosure() {
		html += string(n.ClosureLine.Value(p.src))
	}
	return html
}

func (p *Page) block(n *ast.FencedCodeBlock) *Block {
	b := &Block{Page: p, Lang: string(n.Language(p.src)), Line: p.lineAt(n.Pos()), Text: string(n.Lines().Value(p.src))}
	if k := n.Lines().Len(); k == 0 {
		b.start = n.Pos() + bytes.IndexByte(p.src[n.Pos():], '\n') + 1
		b.stop = b.start
	} else {
		first := n.Lines().At(0).Start
		b.start, b.stop = bytes.LastIndexByte(p.src[:first], '\n')+1, n.Lines().At(k-1).Stop
		b.indent = string(p.src[b.start:first])
	}
	return b
}

// lineOf finds the line of a node.
func (p *Page) lineOf(n ast.Node) int { return p.lineAt(max(n.Pos(), 0)) }

func (p *Page) inline(n ast.Node) prose {
	var b strings.Builder
	out := prose{line: p.lineOf(n)}
	ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch c := c.(type) {
		case *ast.CodeSpan:
			var code strings.Builder
			for t := c.FirstChild(); t != nil; t = t.NextSibling() {
				code.Write(t.(*ast.Text).Segment.Value(p.src))
			}
			out.codes = append(out.codes, strings.ReplaceAll(code.String(), "\n", " "))
			b.WriteString(mark)
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			b.Write(c.Segment.Value(p.src))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteByte('\n')
			}
		}
		return ast.WalkContinue, nil
	})
	out.text = b.String()
	return out
}

func (t prose) plain() string {
	s := t.text
	for _, code := range t.codes {
		s = strings.Replace(s, mark, code, 1)
	}
	return s
}

// Anchor is the name that GitHub gives to a heading: lower case, spaces to
// hyphens, and nothing but letters, marks, digits, hyphens and underscores.
// (A second heading of the same name gets -1, the next -2.)
func Anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.Nd, r) || unicode.Is(unicode.Pc, r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(heading))
}

// Update rewrites the page's quotations from their files and returns the new
// text of the page; transcripts, whose Block is a key of prints, get that text.
func (p *Page) Update(prints map[*Block]string) []byte {
	var out bytes.Buffer
	at := 0
	for _, b := range p.Blocks {
		want, ok := prints[b]
		if b.quoted() {
			q, err := quote(p.site.Root, p.resolve(b.Dir.Args[0]), b.Dir)
			want, ok = q, err == nil
		}
		if !ok || want == b.Text {
			continue
		}
		out.Write(p.src[at:b.start])
		for line := range strings.Lines(want) {
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

// quoted says whether the block stands in a file.
func (b *Block) quoted() bool { return b.Dir != nil && b.Dir.Kind == "code" }
