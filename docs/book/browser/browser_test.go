// Package browser holds the tests of docs/book that need a browser. It is a
// module of its own, so that a reader's go test ./... fetches no driver.
package browser

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed drive.js
var drive string

// soon is how long a starved machine may take for anything.
const soon = time.Minute

// served is the book of a copy of this checkout: its address, the copy, in
// which a test may save files, and the same book as files.
func served(t *testing.T) (base, checkout, files string) {
	top, book := filepath.Join("..", "..", ".."), filepath.Join(t.TempDir(), "book.exe")
	checkout, files = t.TempDir(), t.TempDir()
	list, err := exec.Command("git", "-C", top, "ls-files", "-z").Output()
	require.NoError(t, err)
	for name := range strings.SplitSeq(string(list), "\x00") {
		text, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			continue // removed, and not committed yet
		}
		to := filepath.Join(checkout, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		require.NoError(t, os.WriteFile(to, text, 0o644))
	}
	command := func(dir, name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		return cmd
	}
	for _, cmd := range []*exec.Cmd{command(top, "go", "build", "-o", book, "./docs/book"), command(checkout, book, "-out", files)} {
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	serve := command(checkout, book)
	said, err := serve.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, serve.Start())
	t.Cleanup(func() {
		serve.Process.Signal(os.Interrupt)
		serve.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	_, addr, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return "http://" + addr + "/", checkout, (&url.URL{Scheme: "file", Path: filepath.ToSlash(files) + "/"}).String()
}

// tab is a page of the browser. No script of it may fail, nothing may be
// missing, and it may ask for nothing but what the book has.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func open(t *testing.T, browser context.Context, base string) tab {
	ctx, cancel := chromedp.NewContext(browser)
	require.NoError(t, chromedp.Do(ctx))
	var mu sync.Mutex
	var trouble []string
	require.NoError(t, chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			trouble = append(trouble, fmt.Sprint(ev.ExceptionDetails.Text, ev.ExceptionDetails.Exception))
		case *runtime.EventConsoleAPICalled:
			trouble = append(trouble, fmt.Sprintf("console.%s: %s", ev.Type, ev.Args[0].Value))
		case *log.EventEntryAdded:
			trouble = append(trouble, fmt.Sprintf("%s: %s %s", ev.Entry.Level, ev.Entry.Text, ev.Entry.URL))
		case *network.EventRequestWillBeSent:
			if at := ev.Request.URL; !strings.HasPrefix(at, base) && !strings.HasPrefix(at, "data:") {
				trouble = append(trouble, "asks for "+at)
			}
		}
	}))
	t.Cleanup(func() {
		cancel()
		mu.Lock()
		defer mu.Unlock()
		assert.Empty(t, trouble)
	})
	call(tab{t, ctx}, page.AddScriptToEvaluateOnNewDocument.Method, page.AddScriptToEvaluateOnNewDocumentParams{Source: drive})
	return tab{t, ctx}
}

// call sends a command of the browser's protocol.
func call(b tab, method string, params any) {
	b.t.Helper()
	require.NoError(b.t, chromedp.FromContext(b.ctx).Target.Call(b.ctx, method, params, nil))
}

func (b tab) visit(at string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, soon)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, chromedp.Navigate(at)))
}

// get is what an expression, or its promise, comes to in a page.
func get[T any](b tab, js string, args ...any) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, soon)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(js, args...), chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, "%s %v", js, args)
	return v
}

// until waits for a page to make it true; another page may come before that.
func (b tab) until(js string, args ...any) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+fmt.Sprintf(js, args...)+")"))
		return err == nil && ok
	}, soon, 20*time.Millisecond, "%s %v", js, args)
}

// press presses keys one after another, as a keyboard does.
func (b tab) press(keys string, modifiers ...int64) {
	b.t.Helper()
	for _, r := range keys {
		p := input.DispatchKeyEventParams{Text: string(r)}
		if k := kb.Keys[r]; k != nil {
			p.Key, p.Code, p.Text, p.WindowsVirtualKeyCode = k.Key, k.Code, k.Text, k.Windows
		}
		for _, m := range modifiers {
			p.Modifiers |= m
		}
		for _, p.Type = range []input.DispatchKeyEventType{kb.KeyDown, kb.KeyUp} {
			call(b, input.DispatchKeyEvent.Method, p)
			p.Text = ""
		}
	}
}

// scene is what became of a play. Still and Page are pictures, and so are
// those of SVG.
type scene struct {
	Slug, Still, Page, Error, Output    string
	Knobs, Asked, Judged, First, Frames int
	SVG, Shown                          []string
}

var (
	who   = regexp.MustCompile(`(?m)^(?:<desc>)?((?:client|server|客户端|服务端)[ \w]*)[:：]`)
	calls = regexp.MustCompile(`<tspan class="b">([A-Z][a-z]\w+)`)
	times = regexp.MustCompile(`×(\d+)`)
)

// facts are what every run of a scene has in common: who took part, and the
// calls that were made.
func facts(svg string) (all []string) {
	for _, m := range append(who.FindAllStringSubmatch(svg, -1), calls.FindAllStringSubmatch(svg, -1)...) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// count is how often a call was made.
func count(svg, call string) (n int) {
	for row := range strings.SplitSeq(svg, "<text") {
		if m := times.FindStringSubmatch(row); !strings.Contains(row, `class="b">`+call+`<`) {
			continue
		} else if m == nil {
			n++
		} else if k, err := strconv.Atoi(m[1]); err == nil {
			n += k
		}
	}
	return n
}

// changed are numbers of scenes, and how often a call is then made.
var changed = map[string]struct {
	Set  map[string]int
	call string
	n    int
}{
	"listen-to-me":         {map[string]int{"n": 2}, "Write", 2},
	"second-caller-waits":  {map[string]int{"callers": 3}, "Dial", 3},
	"second-caller-served": {map[string]int{"callers": 4}, "Dial", 4},
	"glued":                {map[string]int{"n": 1}, "Write", 1},
	"framed":               {map[string]int{"n": 3}, "Write", 3},
}

var chapter = regexp.MustCompile(`^(0.*)/README(\.zh-CN)?\.html$`)

func zh(name string) bool { return strings.HasSuffix(name, ".zh-CN.html") }

func TestBook(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is missing")
	}
	flags := []chromedp.ExecAllocatorOption{chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900)}
	for _, off := range []string{"quic", "background-networking", "component-update", "sync", "dev-shm-usage"} {
		flags = append(flags, chromedp.Flag("disable-"+off, true))
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(stop)
	browser, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	require.NoError(t, chromedp.Do(browser))
	base, checkout, files := served(t)

	var names []string // of all pages in both languages
	b := open(t, browser, base)
	for _, home := range []string{"README.html", "README.zh-CN.html"} {
		b.visit(base + home)
		names = append(names, get[[]string](b, `[...document.querySelectorAll('nav > details > ol > li > a')].map(a => a.getAttribute('href'))`)...)
	}
	require.Greater(t, len(names), 20)
	first := names[slices.IndexFunc(names, chapter.MatchString)]

	t.Run("other language", func(t *testing.T) {
		t.Parallel()
		b := open(t, browser, base)
		const heads = `[...document.querySelectorAll('article :is(h1,h2,h3,h4)[id]')]`
		for _, name := range names {
			if !chapter.MatchString(name) || zh(name) {
				continue
			}
			b.visit(base + name)
			n := get[int](b, `(h => { const n = h.length >> 1; h[n].scrollIntoView(); return n })(%s)`, heads)
			for _, lang := range []string{"zh-CN", "en"} {
				get[chromedp.Void](b, `document.getElementById('twin').click()`)
				b.until(`document.documentElement.lang === %q && %s.findLastIndex(h => h.getBoundingClientRect().top < 150) === %d`, lang, heads, n)
			}
		}
	})

	// From the server and from files: no link leads nowhere, and words are
	// found. What is recorded plays in the files, too.
	for _, from := range []string{base, files} {
		t.Run("reading "+from[:4], func(t *testing.T) {
			t.Parallel()
			b := open(t, browser, from)
			ids, links := map[string]bool{}, map[string]string{}
			for _, name := range names {
				at := from + name
				ids[at] = true
				b.visit(at)
				p := get[struct{ Links, IDs []string }](b, `drive.links()`)
				for _, id := range p.IDs {
					ids[at+"#"+id] = true
				}
				for _, to := range p.Links {
					if strings.HasPrefix(to, from) {
						to, err := url.PathUnescape(to)
						require.NoError(t, err)
						links[to] = at
					}
				}
				for i := range get[int](b, `location.protocol === 'file:' && document.querySelectorAll('.stage').length || 0`) {
					s := get[scene](b, `drive.play(%d)`, i)
					require.Positive(t, s.Frames, "%s in %s: %s", s.Slug, at, s.Output)
					require.NotEmpty(t, s.Shown, "%s: no call says what it was", s.Slug)
					require.Equal(t, s.Asked > 0, s.Judged > 0, "%s: no answer is right", s.Slug)
				}
			}
			require.Greater(t, len(links), 400, "links found")
			for to, at := range links {
				page, _, _ := strings.Cut(to, "#")
				if path, ok := strings.CutPrefix(page, "file://"); ids[page] {
					require.True(t, ids[to], "%s leads to %s", at, to)
				} else if ok {
					require.FileExists(t, path, "%s leads to %s", at, to)
				}
			}
			for word, home := range map[string]string{"backlog": "README.html", "全连接队列": "README.zh-CN.html"} {
				b.visit(from + home)
				b.press("/" + word)
				b.until(`document.querySelectorAll('#found a').length > 2 && document.querySelector('#found mark').textContent.toLowerCase() === %q`, word)
				get[chromedp.Void](b, `document.querySelector('#found a').click()`)
				b.until(`location.hash && !document.querySelector('article').hidden && document.querySelector('article').textContent.toLowerCase().includes(%q)`, word)
			}
		})
	}

	// Every scene: as it stands on the English pages, and with its numbers
	// changed on the Chinese ones.
	t.Run("scenes", func(t *testing.T) {
		b := open(t, browser, base)
		var firsts []int // ms to the first arrow of each
		for _, name := range names {
			play := `drive.play(%d)`
			if zh(name) {
				set, err := json.Marshal(changed)
				require.NoError(t, err)
				play = `drive.play(%d, ` + string(set) + `)`
			}
			b.visit(base + name)
			for i := range get[int](b, `document.querySelectorAll('.stage').length`) {
				s := get[scene](b, play, i)
				for range 2 { // a machine that has other work gets another chance
					if s.First > 200 {
						b.visit(base + name)
						s = get[scene](b, play, i)
					}
				}
				firsts = append(firsts, s.First)
				require.Empty(t, s.Error, "%s in %s", s.Slug, name)
				require.NotEmpty(t, s.SVG, "%s in %s: %s", s.Slug, name, s.Output)
				last := s.SVG[len(s.SVG)-1]
				require.Equal(t, len(slices.Compact(s.SVG)), s.Frames, "%s: a picture was not shown", s.Slug)
				require.NotEmpty(t, s.Shown, "%s: no call says what it was", s.Slug)
				require.Equal(t, s.Asked > 0, s.Judged > 0, "%s: no answer is right", s.Slug)
				require.Empty(t, cmp.Diff(facts(last), facts(s.Page)), "%s (-drawn +on the page)", s.Slug)
				if s.Knobs == 0 || !zh(name) {
					require.Empty(t, cmp.Diff(facts(s.Still), facts(last)), "%s (-recorded +played)", s.Slug)
				} else if want, ok := changed[s.Slug]; ok {
					require.Equal(t, want.n, count(last, want.call), "%s in %s", want.call, s.Slug)
				}
			}
		}
		require.GreaterOrEqual(t, len(firsts), 58)
		slices.Sort(firsts)
		t.Logf("first arrows after %v ms", firsts)
		require.LessOrEqual(t, firsts[len(firsts)/2], 200, "ms to the first arrow, of half of the scenes")
		require.Less(t, firsts[len(firsts)-1], 1000, "ms to the first arrow, of every scene")
	})

	// Every page, light and dark and narrow.
	t.Run("contrast", func(t *testing.T) {
		t.Parallel()
		b := open(t, browser, base)
		call(b, page.SetBypassCSP.Method, page.SetBypassCSPParams{Enabled: true}) // pictures are looked at from inside
		require.NoError(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(390, 800)))
		for _, name := range append(names, "01-basic/server.go.html") {
			b.visit(base + name)
			require.Empty(t, get[[]string](b, `drive.wide()`), "wider than the screen: %s", name)
			if chapter.MatchString(name) {
				get[scene](b, `drive.play(0)`)
			}
			for _, mode := range []string{"light", "dark"} {
				scheme := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode}}
				call(b, emulation.SetEmulatedMedia.Method, emulation.SetEmulatedMediaParams{Features: scheme})
				require.Empty(t, get[[]string](b, `drive.contrast()`), "%s, %s", name, mode)
			}
		}
	})

	// The keyboard reaches everything, and one sees where it is: backwards,
	// where the header could cover it.
	t.Run("keyboard", func(t *testing.T) {
		t.Parallel()
		b := open(t, browser, base)
		for _, name := range append(names, "01-basic/server.go.html") {
			if zh(name) {
				continue
			}
			b.visit(base + name)
			if chapter.MatchString(name) { // its exercises come when one is near
				get[chromedp.Void](b, `document.querySelector('.exercises').scrollIntoView()`)
				b.until(`document.querySelector('.exercise')`)
			}
			for i := get[int](b, `drive.all().length`) - 1; i >= 0; i-- {
				b.press(kb.Tab, int64(kb.ModifierShift))
				require.Equal(t, fmt.Sprintf("%d seen", i), get[string](b, `drive.focus()`), name)
			}
		}
		b.visit(base + first)
		focus := func(what string) { get[chromedp.Void](b, `document.querySelector(%q).focus()`, what) }
		b.press(kb.Tab + kb.Enter + kb.Tab) // past the contents
		b.until(`document.activeElement.closest('main')`)
		focus(".stage form button")
		b.press(kb.Enter)
		b.until(`document.activeElement.matches('.guess button')`)
		b.press(" ")
		b.until(`document.querySelector('.stage [role=button]')`)
		focus(".stage [role=button]")
		b.press(kb.ArrowDown + kb.Enter)
		b.until(`document.querySelector('.stage .call pre')`)
		focus(".stage button[value=step]")
		b.press(" ")
		b.until(`document.activeElement.matches('.stage .step')`)
		require.Empty(t, get[string](b, `document.querySelector('.stage output').textContent`))
		b.press(strings.Repeat(kb.ArrowRight, get[int](b, `+document.activeElement.max`)))
		b.until(`document.querySelector('.stage output').textContent`)
		focus("article summary")
		b.press(" ")
		b.until(`document.querySelector('article details').open`)
		b.press("/backlog")
		b.until(`!document.getElementById('found').hidden`)
		b.press(kb.Escape + kb.ArrowRight)
		b.until(`location.href.endsWith(%q)`, names[slices.Index(names, first)+1])
	})

	// A saved page comes anew; an exercise turns green when it is solved.
	t.Run("saving", func(t *testing.T) {
		b := open(t, browser, base)
		b.visit(base + first)
		file := filepath.Join(checkout, strings.TrimSuffix(first, ".html")+".md")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(text, "\nSaved just now.\n"...), 0o644))
		b.until(`document.querySelector('article').textContent.includes('Saved just now.')`)
		if !get[bool](b, `!!document.querySelector('.exercises')`) {
			return
		}
		// Again each time: a page that comes anew goes back to where it was.
		b.until(`(document.querySelector('.exercises').scrollIntoView(), document.querySelector('.exercise[data-state]'))`)
		name := get[string](b, `document.querySelector('.exercise[data-state]').dataset.name`)
		dir := filepath.Join(checkout, chapter.FindStringSubmatch(first)[1], "exercises", name)
		text, err = os.ReadFile(filepath.Join(dir, "testdata", "solution", name+".go"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".go"), text, 0o644))
		b.until(`document.querySelector('.exercise[data-name=%q]').dataset.state === 'done'`, name)
	})
}
