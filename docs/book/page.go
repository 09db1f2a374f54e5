package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
	codehtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	htmlrenderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/internal/pages"
	"example.com/dialtone/docs/ladder"
)

//go:embed book.css book.js solve.js page.html
var assets embed.FS

var layout = template.Must(template.ParseFS(assets, "page.html"))

// book is a checkout, read as it stands on the disk at each request.
type book struct {
	root   *os.Root
	order  []string // the English pages, in the order of reading
	token  string   // whoever starts a play has to know it; "" in a copy as files
	plays  chan struct{}
	checks checks

	playing sync.Map // by page: what cancels its play
}

func open(dir string) (*book, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	b := &book{root: root, order: []string{"README.md", "docs/README.md"}, plays: make(chan struct{}, mostPlays), checks: newChecks()}
	for _, pattern := range []string{"0*/README.md", "docs/*.md", "CONTRIBUTING.md"} {
		found, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			if !strings.Contains(name, ".zh-CN.") && !slices.Contains(b.order, name) {
				b.order = append(b.order, name)
			}
		}
	}
	return b, nil
}

// page is what the layout shows.
type page struct {
	Lang       lang.Lang
	Title      string
	Home       string // the way to the top of the site
	Twin       string // the same page in the other language
	Anchors    string // of the twin's headings, as JSON, in order
	Body       template.HTML
	Pages      []entry
	Sections   []entry
	Prev, Next *entry
	Token      string
	Path       string
	Since      int64 // when its file was saved, in ns
}

type entry struct {
	Href, Title string
	Here        bool
}

func twin(name string) string {
	if plain, ok := strings.CutSuffix(name, ".zh-CN.md"); ok {
		return plain + ".md"
	}
	return strings.TrimSuffix(name, ".md") + ".zh-CN.md"
}

func chinese(name string) bool { return strings.HasSuffix(name, ".zh-CN.md") }

// parsed is a page of the course as Markdown.
type parsed struct {
	src      []byte
	doc      ast.Node
	headings []heading
}

type heading struct {
	level        int
	text, anchor string
	at           int // where its section begins in src
}

// markdown is that of English pages, or of Chinese ones: between two Chinese
// characters the end of a line is no space.
var markdown = map[bool]goldmark.Markdown{false: newMarkdown(), true: newMarkdown(extension.NewCJK(extension.WithEastAsianLineBreaks()))}

func newMarkdown(more ...goldmark.Extender) goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(append(more, extension.GFM)...),
		goldmark.WithRendererOptions(htmlrenderer.WithUnsafe(), // the course's own pages: <details>
			renderer.WithNodeRenderers(util.Prioritized(code{}, 1))),
	)
}

// parse reads a page, gives its headings their anchors, and makes its links
// lead to pages too.
func (b *book) parse(name string) (*parsed, error) {
	src, err := b.root.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	p := &parsed{src: src, doc: markdown[chinese(name)].Parser().Parse(text.NewReader(src))}
	seen := map[string]int{}
	err = ast.Walk(p.doc, func(n ast.Node, in bool) (ast.WalkStatus, error) {
		if link, ok := n.(*ast.Link); ok && in {
			link.Destination = b.mended(path.Dir(name), string(link.Destination))
		}
		h, ok := n.(*ast.Heading)
		if !ok || !in {
			return ast.WalkContinue, nil
		}
		words := plain(h, src)
		anchor := pages.Anchor(words)
		if n := seen[anchor]; n > 0 {
			anchor = fmt.Sprintf("%s-%d", anchor, n)
		}
		seen[pages.Anchor(words)]++
		h.SetAttributeString("id", []byte(anchor))
		at := 0
		if h.Lines().Len() > 0 {
			at = h.Lines().At(0).Start
		}
		p.headings = append(p.headings, heading{h.Level, words, anchor, at})
		return ast.WalkContinue, nil
	})
	return p, err
}

// mended is a link of a page in dir as the book has it: to the HTML of a
// page, or to a page that shows a source.
func (b *book) mended(dir, link string) []byte {
	dest, anchor, has := strings.Cut(link, "#")
	if strings.Contains(dest, "://") || dest == "" {
		return []byte(link)
	}
	info, err := b.root.Stat(filepath.FromSlash(path.Join(dir, dest)))
	switch {
	case err != nil:
	case info.IsDir():
		dest = path.Join(dest, "README.md")
		if _, err := b.root.Stat(filepath.FromSlash(path.Join(dir, dest))); err != nil {
			return nil // a folder without a page
		}
		fallthrough
	case strings.HasSuffix(dest, ".md"):
		dest = strings.TrimSuffix(dest, ".md") + ".html"
	case path.Ext(dest) != ".svg":
		dest += ".html"
	}
	if has {
		dest += "#" + anchor
	}
	return []byte(dest)
}

func plain(n ast.Node, src []byte) string {
	var out strings.Builder
	ast.Walk(n, func(n ast.Node, in bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && in {
			out.Write(t.Segment.Value(src))
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

// page makes a page of the file name. With live the scenes in it can be
// played.
func (b *book) page(name string, live bool) ([]byte, error) {
	p, err := b.parse(name)
	if err != nil {
		return nil, err
	}
	l := lang.English
	if chinese(name) {
		l = lang.Chinese
	}
	var body bytes.Buffer
	if err := markdown[chinese(name)].Renderer().Render(&body, p.src, p.doc); err != nil {
		return nil, err
	}
	text, err := b.exercises(name, body.String(), l, live)
	if err != nil {
		return nil, err
	}
	show := b.blank(name, l, b.stages(name, text, l, live))
	if info, err := b.root.Stat(filepath.FromSlash(name)); live && err == nil {
		show.Token, show.Since = b.token, info.ModTime().UnixNano()
	}
	if len(p.headings) > 0 {
		show.Title = p.headings[0].text
	}
	for _, h := range p.headings {
		if h.level == 2 {
			show.Sections = append(show.Sections, entry{Href: "#" + h.anchor, Title: h.text})
		}
	}
	if other, err := b.parse(twin(name)); err == nil { // mistakes have none
		show.Twin = strings.TrimSuffix(path.Base(twin(name)), ".md") + ".html"
		var anchors []string
		for _, h := range other.headings {
			anchors = append(anchors, h.anchor)
		}
		text, _ := json.Marshal(anchors)
		show.Anchors = string(text)
	}
	if i := slices.IndexFunc(show.Pages, func(e entry) bool { return e.Here }); i >= 0 {
		if i > 0 {
			show.Prev = &show.Pages[i-1]
		}
		if i+1 < len(show.Pages) {
			show.Next = &show.Pages[i+1]
		}
	}
	return show.html()
}

// blank is a page with this body, beside the contents.
func (b *book) blank(name string, l lang.Lang, body string) page {
	p := page{Lang: l, Title: name, Home: strings.Repeat("../", strings.Count(name, "/")), Path: name, Body: template.HTML(body)}
	for _, file := range b.order {
		if l == lang.Chinese {
			file = twin(file)
		}
		if src, err := b.root.ReadFile(filepath.FromSlash(file)); err == nil {
			_, rest, _ := strings.Cut("\n"+string(src), "\n# ") // its first heading
			title, _, _ := strings.Cut(rest, "\n")
			p.Pages = append(p.Pages, entry{p.Home + strings.TrimSuffix(file, ".md") + ".html", title, file == name})
		}
	}
	return p
}

func (p page) html() ([]byte, error) {
	var out bytes.Buffer
	err := layout.Execute(&out, p)
	return out.Bytes(), err
}

// shown are the files that the book shows besides its pages.
var shown = regexp.MustCompile(`^[^.].*\.(go|py|txt|mod|svg|jsonl|json)$|^(Makefile|LICENSE)$`)

var errHidden = fmt.Errorf("not a file of the book: %w", fs.ErrNotExist)

// source is a page with the file name on it.
func (b *book) source(name string) ([]byte, error) {
	if !shown.MatchString(name) || strings.Contains(name, "/.") {
		return nil, errHidden
	}
	src, err := b.root.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	body := coloured(lexers.Get(strings.TrimPrefix(path.Ext(name), ".")), string(src), codehtml.WithLineNumbers(true), codehtml.WithLinkableLineNumbers(true, "L"))
	return b.blank(name, lang.English, "<h1>"+html.EscapeString(name)+"</h1><pre><code>"+body+"</code></pre>").html()
}

// kinds are those of the book's files.
var kinds = map[string]string{".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// file is what stands at a path of the site.
func (b *book) file(name string, live bool) ([]byte, error) {
	base, html := strings.CutSuffix(name, ".html")
	switch {
	case html:
		body, err := b.page(base+".md", live)
		if errors.Is(err, fs.ErrNotExist) {
			return b.source(base)
		}
		return body, err
	case name == "book.css":
		rules, err := assets.ReadFile(name)
		return append(rules, ladder.SVGStyle...), err // for the pictures that are drawn on the page
	case name == "book.js" || name == "solve.js":
		return assets.ReadFile(name)
	case name == "search.en.js" || name == "search.zh.js":
		return b.index(name == "search.zh.js")
	case path.Ext(name) == ".svg" && shown.MatchString(name) && !strings.Contains(name, "/."):
		return b.root.ReadFile(filepath.FromSlash(name))
	}
	return nil, errHidden
}

// index is what can be searched: each section of each page, as a script,
// which a page from a file can load too.
func (b *book) index(zh bool) ([]byte, error) {
	type section struct{ Href, Page, Title, Text string }
	var all []section
	for _, name := range b.order {
		if zh {
			name = twin(name)
		}
		p, err := b.parse(name)
		if err != nil {
			continue // a page without a twin
		}
		for i, h := range p.headings {
			end := len(p.src)
			if i+1 < len(p.headings) {
				end = p.headings[i+1].at
			}
			all = append(all, section{strings.TrimSuffix(name, ".md") + ".html#" + h.anchor, p.headings[0].text, h.text,
				strings.Join(strings.Fields(marks.ReplaceAllString(strings.ReplaceAll(string(p.src[h.at:end]), "|", " "), "")), " ")})
		}
	}
	text, err := json.Marshal(all)
	return slices.Concat([]byte("window.bookIndex="), text, []byte(";\n")), err
}

var marks = regexp.MustCompile("<!--.*?-->|</?(?:details|summary|br)>|[`*]*\\]\\([^)]*\\)|[`*#\\[\\]]+")

// code draws fenced blocks, in colours.
type code struct{}

func (code) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, src []byte, n ast.Node, in bool) (ast.WalkStatus, error) {
		if !in {
			return ast.WalkContinue, nil
		}
		block := n.(*ast.FencedCodeBlock)
		w.WriteString(fenced(string(block.Language(src)), string(block.Lines().Value(src))))
		return ast.WalkSkipChildren, nil
	})
}

func fenced(language, text string) string {
	body := html.EscapeString(text)
	if language != "" && language != "text" {
		body = coloured(lexers.Get(language), text)
	}
	return "<pre tabindex=\"0\"><code>" + body + "</code></pre>\n"
}

// coloured is code as HTML. Three colours are enough: of comments, keywords
// and strings.
func coloured(lexer chroma.Lexer, src string, options ...codehtml.Option) string {
	if lexer == nil {
		lexer = lexers.Fallback
	}
	all, err := lexer.Tokenise(nil, src)
	if err != nil {
		return html.EscapeString(src)
	}
	tokens := all.Tokens()
	for i := range tokens {
		switch t := &tokens[i].Type; {
		case t.InSubCategory(chroma.LiteralString):
			*t = chroma.LiteralString
		case t.InCategory(chroma.Comment), t.InCategory(chroma.Keyword):
			*t = t.Category()
		default:
			*t = chroma.Text
		}
	}
	var out strings.Builder
	codehtml.New(append(options, codehtml.WithClasses(true), codehtml.WithPreWrapper(bare{}))...).Format(&out, styles.Fallback, chroma.Literator(tokens...))
	return out.String()
}

// bare puts nothing around code: the page has its own <pre>.
type bare struct{}

func (bare) Start(bool, string) string { return "" }
func (bare) End(bool) string           { return "" }

// around is the line of the file, and the lines beside it.
func (b *book) around(file, number string) string {
	line, _ := strconv.Atoi(number)
	src, err := b.root.ReadFile(filepath.FromSlash(file))
	lines := strings.SplitAfter(string(src), "\n")
	if err != nil || line < 1 || line > len(lines) {
		return "" // changed since this program was built
	}
	from, to := max(0, line-4), min(len(lines), line+3)
	indent := lines[line-1][:len(lines[line-1])-len(strings.TrimLeft(lines[line-1], "\t"))]
	for indent != "" && slices.ContainsFunc(lines[from:to], func(s string) bool { return s != "\n" && !strings.HasPrefix(s, indent) }) {
		indent = indent[1:]
	}
	for i := from; i < to; i++ {
		lines[i] = strings.TrimPrefix(lines[i], indent)
	}
	return coloured(lexers.Get("go"), strings.Join(lines[from:to], ""),
		codehtml.WithLineNumbers(true), codehtml.BaseLineNumber(from+1), codehtml.HighlightLines([][2]int{{line, line}}))
}

// figure is a picture of a scene on a chapter's page.
var figure = regexp.MustCompile(`<p><img src="[^"]*figures/(\d)-([a-z-]+?)(\.zh-CN)?\.svg"[^>]*></p>`)

// stages puts the controls of a scene under its picture.
func (b *book) stages(name, body string, l lang.Lang, live bool) string {
	legend := true // under the first picture
	return figure.ReplaceAllStringFunc(body, func(picture string) string {
		m := figure.FindStringSubmatch(picture)
		lesson := int(m[1][0] - '0')
		sc, err := find(lesson, m[2], nil)
		if err != nil {
			return picture // a figure that is no scene, such as bytes in colours
		}
		text, _ := json.Marshal(question(sc, l))
		show := stage{Lang: l, Lesson: lesson, Slug: sc.Slug, Question: string(text), Legend: legend,
			Picture: template.HTML(strings.TrimSuffix(strings.TrimPrefix(picture, "<p>"), "</p>"))}
		legend = false
		if live {
			show.Knobs = knobs[sc.Slug]
		}
		if live && sc.Slug == restart {
			show.Ends = enders
		}
		var out strings.Builder
		if err := layout.ExecuteTemplate(&out, "stage", show); err != nil {
			return html.EscapeString(err.Error())
		}
		return out.String()
	})
}

// stage is what the layout shows of a scene.
type stage struct {
	Lang           lang.Lang
	Lesson         int
	Slug, Question string
	Picture        template.HTML
	Knobs          []knob
	Ends           []choice // of the restart's combinations
	Legend         bool
}
