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
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
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

	site    *Site
	src     []byte
	links   []link
	anchors map[string]bool
	prose   []prose
	faults  []Problem // found while parsing
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
	s := &Site{Root: root}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && skipped(d.Name()) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(d.Name(), ".md") {
			return nil
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		s.Pages = append(s.Pages, s.parse(filepath.ToSlash(rel), src))
		return nil
	})
	return s, err
}

func skipped(folder string) bool {
	return folder == "testdata" || folder == "node_modules" || strings.HasPrefix(folder, ".")
}

func (s *Site) page(path string) *Page {
	i := slices.IndexFunc(s.Pages, func(p *Page) bool { return p.Path == path })
	if i < 0 {
		return nil
	}
	return s.Pages[i]
}

func (p *Page) fault(line int, format string, args ...any) {
	p.faults = append(p.faults, Problem{p.Path, line, fmt.Sprintf(format, args...)})
}

func (p *Page) lineAt(offset int) int {
	return 1 + bytes.Count(p.src[:max(0, min(offset, len(p.src)))], []byte("\n"))
}

// resolve gives the path from the root of a path written on the page.
func (p *Page) resolve(rel string) string { return path.Join(path.Dir(p.Path), rel) }

func (s *Site) parse(name string, src []byte) *Page {
	p := &Page{
		Path: name, Chinese: strings.HasSuffix(name, ".zh-CN.md"),
		site: s, src: bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), anchors: map[string]bool{},
	}
	slugs := map[string]int{}
	doc := md.Parser().Parse(text.NewReader(p.src))
	var last *Directive // read, and not yet followed by its block
	drop := func() {
		if last != nil {
			p.fault(last.line, "nothing follows this directive; put the fenced block right below it")
			last = nil
		}
	}
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			b := p.block(n)
			b.Dir, last = last, nil
			p.Blocks = append(p.Blocks, b)
			return ast.WalkSkipChildren, nil
		case *ast.CodeBlock:
			drop()
			p.fault(p.lineAt(n.Pos()), "code by indentation; fence it with ``` and name its language")
		case *ast.HTMLBlock:
			drop()
			html, line := p.html(n)
			p.raw(html, line)
			if strings.HasPrefix(html, "<!-- proved") {
				p.fault(line, "a proof at the beginning of a line cuts the paragraph in two; let the line above end with it")
			}
			if tag, rest, ok := strings.Cut(html, "<details>"); ok && strings.ContainsAny(tag+rest, "`[") {
				p.fault(line, "Markdown is not read here: an empty line ends <summary>…</summary>, in which code is <code>…</code>")
			}
			if d, err := parseDirective(html); err != nil {
				p.fault(line, "%v", err)
			} else if d != nil {
				d.line, last = line, d
			}
		case *ast.Heading:
			drop()
			t := p.inline(n)
			h := Heading{Level: n.Level, Text: strings.TrimSpace(t.plain()), Line: t.line}
			h.Anchor = Anchor(h.Text)
			if k := slugs[h.Anchor]; k > 0 {
				slugs[h.Anchor]++
				h.Anchor = fmt.Sprintf("%s-%d", h.Anchor, k)
			} else {
				slugs[h.Anchor] = 1
			}
			p.anchors[h.Anchor] = true
			p.Headings = append(p.Headings, h)
			p.prose = append(p.prose, t)
		case *ast.Paragraph, *ast.TextBlock:
			drop()
			p.prose = append(p.prose, p.inline(n))
		case *ast.List, *ast.ThematicBreak:
			drop()
		case *ast.Link:
			p.links = append(p.links, link{dest: string(n.Destination), line: p.lineOf(n)})
		case *ast.Image:
			p.links = append(p.links, link{dest: string(n.Destination), line: p.lineOf(n), image: true, alt: p.inline(n).plain()})
		case *ast.RawHTML:
			line := p.lineOf(n.Parent())
			if n.Segments.Len() > 0 {
				line = p.lineAt(n.Segments.At(0).Start)
			}
			p.raw(string(n.Segments.Value(p.src)), line)
		default:
			if n.Kind().String() == "TableCell" {
				p.prose = append(p.prose, p.inline(n))
			}
		}
		return ast.WalkContinue, nil
	})
	drop()
	return p
}

func (p *Page) html(n *ast.HTMLBlock) (string, int) {
	var b strings.Builder
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		b.Write(seg.Value(p.src))
	}
	if n.HasClosure() {
		b.Write(n.ClosureLine.Value(p.src))
	}
	at := n.ClosureLine.Start
	if n.Lines().Len() > 0 {
		at = n.Lines().At(0).Start
	}
	return b.String(), p.lineAt(at)
}

var (
	htmlLink   = regexp.MustCompile(`(?i)<(a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"]*)"`)
	htmlAlt    = regexp.MustCompile(`(?i)\balt="([^"]*)"`)
	htmlAnchor = regexp.MustCompile(`(?i)<[a-z][^>]*?\b(?:id|name)="([^"]*)"`)
)

// raw collects links and anchors from a piece of HTML.
func (p *Page) raw(html string, line int) {
	for _, m := range htmlLink.FindAllStringSubmatchIndex(html, -1) {
		l := link{dest: html[m[4]:m[5]], line: line + strings.Count(html[:m[0]], "\n")}
		if strings.EqualFold(html[m[2]:m[3]], "img") {
			l.image = true
			tag, _, _ := strings.Cut(html[m[0]:], ">")
			if alt := htmlAlt.FindStringSubmatch(tag); alt != nil {
				l.alt = alt[1]
			}
		}
		p.links = append(p.links, l)
	}
	for _, m := range htmlAnchor.FindAllStringSubmatch(html, -1) {
		p.anchors[m[1]] = true
	}
}

func (p *Page) block(n *ast.FencedCodeBlock) *Block {
	b := &Block{Page: p, Lang: string(n.Language(p.src)), Line: p.lineAt(n.Pos())}
	if n.Lines().Len() == 0 {
		b.start = n.Pos() + bytes.IndexByte(p.src[n.Pos():], '\n') + 1
		b.stop = b.start
		return b
	}
	var t strings.Builder
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		t.Write(seg.Value(p.src))
	}
	first, end := n.Lines().At(0), n.Lines().At(n.Lines().Len()-1)
	b.Text, b.stop = t.String(), end.Stop
	b.start = bytes.LastIndexByte(p.src[:first.Start], '\n') + 1
	b.indent = string(p.src[b.start:first.Start])
	return b
}

// lineOf finds the line of an inline node by the nearest text in or before it.
func (p *Page) lineOf(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		at := -1
		ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
			if t, ok := c.(*ast.Text); ok && entering {
				at = t.Segment.Start
				return ast.WalkStop, nil
			}
			return ast.WalkContinue, nil
		})
		if at < 0 && n.Type() == ast.TypeBlock {
			at = n.Pos()
		}
		if at >= 0 {
			return p.lineAt(at)
		}
	}
	return 1
}

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
				if t, ok := t.(*ast.Text); ok {
					code.Write(t.Segment.Value(p.src))
				}
			}
			out.codes = append(out.codes, strings.ReplaceAll(code.String(), "\n", " "))
			b.WriteString(mark)
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			b.Write(c.Segment.Value(p.src))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(c.Value)
		case *ast.AutoLink:
			b.Write(c.Label(p.src))
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
