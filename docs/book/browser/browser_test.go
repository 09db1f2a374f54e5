// Package browser holds the tests of docs/book that need a browser. It is a
// module of its own, so that a reader's go test ./... does not fetch a driver.
package browser

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io/fs"
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

var top = filepath.Join("..", "..", "..")

// copied is the checkout once more, in which a test may save files.
func copied(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(top, name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, rel), text, 0o644)
	}))
	return dir
}

// served is the book: its address, its checkout, and the same as files.
func served(t *testing.T) (base, checkout, files string) {
	book := filepath.Join(t.TempDir(), "book.exe")
	build := exec.Command("go", "build", "-o", book, "./docs/book")
	build.Dir = top
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	checkout, files = copied(t), t.TempDir()
	write := exec.Command(book, "-out", files)
	write.Dir = checkout
	out, err = write.CombinedOutput()
	require.NoError(t, err, "%s", out)

	ctx, stop := context.WithCancel(context.Background())
	serve := exec.CommandContext(ctx, book)
	serve.Dir = checkout
	said, err := serve.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, serve.Start())
	t.Cleanup(func() { stop(); serve.Wait() })
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	_, addr, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return "http://" + addr, checkout, files
}

// tab is a new page. No script of it may fail, nothing may be missing, and
// nothing may be asked of anybody but the book.
func tab(t *testing.T, browser context.Context, base string) context.Context {
	t.Helper()
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
			if at := strings.TrimPrefix(ev.Request.URL, "blob:"); !strings.HasPrefix(at, base) && !strings.HasPrefix(at, "data:") {
				trouble = append(trouble, "asks for "+at)
			}
		}
	}))
	t.Cleanup(func() {
		cancel()
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, trouble)
	})
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: drive})
	require.NoError(t, err)
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	late, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	require.NoError(t, chromedp.Do(late, steps...))
}

// get is what an expression, or its promise, comes to in a page.
func get[T any](t *testing.T, ctx context.Context, js string, args ...any) T {
	t.Helper()
	late, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	v, err := chromedp.Run(late, chromedp.Evaluate[T](fmt.Sprintf(js, args...), chromedp.EvalAwaitPromise))
	require.NoError(t, err, js, args)
	return v
}

// press presses keys one after another, as a keyboard does.
func press(t *testing.T, ctx context.Context, keys string) {
	t.Helper()
	for _, r := range keys {
		p := input.DispatchKeyEventParams{Type: kb.KeyDown, Text: string(r)}
		if k := kb.Keys[r]; k != nil {
			p.Key, p.Code, p.Text, p.WindowsVirtualKeyCode = k.Key, k.Code, k.Text, k.Windows
		}
		for _, p.Type = range []input.DispatchKeyEventType{kb.KeyDown, kb.KeyUp} {
			_, err := chromedp.Call(ctx, input.DispatchKeyEvent, p)
			require.NoError(t, err)
			p.Text = ""
		}
	}
}

// until waits for a page to make it true; another page may come before that.
func until(t *testing.T, ctx context.Context, js string, args ...any) {
	t.Helper()
	require.Eventually(t, func() bool {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+fmt.Sprintf(js, args...)+")"))
		return err == nil && ok
	}, soon, 20*time.Millisecond, "%s %v", js, args)
}

// scene is what became of a play.
type scene struct {
	Slug, Still, Page, Error, Output    string // Still and Page are pictures
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
func facts(svg string) []string {
	var all []string
	for _, re := range []*regexp.Regexp{who, calls} {
		for _, m := range re.FindAllStringSubmatch(svg, -1) {
			all = append(all, m[1])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// count is how often a call was made.
func count(svg, call string) (n int) {
	for row := range strings.SplitSeq(svg, "<text") {
		if !strings.Contains(row, `class="b">`+call+`<`) {
			continue
		}
		k := 1
		if m := times.FindStringSubmatch(row); m != nil {
			k, _ = strconv.Atoi(m[1])
		}
		n += k
	}
	return n
}

// changed are numbers of scenes, and of what the picture then has to tell.
const changed = `{"glued": {n: 1}, "framed": {n: 3}, "listen-to-me": {n: 2}, "second-caller-waits": {callers: 3}, "second-caller-served": {callers: 4}}`

var told = map[string]struct {
	call string
	n    int
}{"glued": {"Write", 1}, "framed": {"Write", 3}, "listen-to-me": {"Write", 2}, "second-caller-waits": {"Dial", 3}, "second-caller-served": {"Dial", 4}}

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
	base += "/"
	files = (&url.URL{Scheme: "file", Path: filepath.ToSlash(files) + "/"}).String()

	var names []string // of all pages in both languages
	ctx := tab(t, browser, base)
	for _, home := range []string{"README.html", "README.zh-CN.html"} {
		do(t, ctx, chromedp.Navigate(base+home))
		names = append(names, get[[]string](t, ctx, `[...document.querySelectorAll('nav > details > ol > li > a')].map(a => a.getAttribute('href'))`)...)
	}
	require.Greater(t, len(names), 20)
	chapter := regexp.MustCompile(`^0.*/README(\.zh-CN)?\.html$`)

	t.Run("other language", func(t *testing.T) {
		ctx := tab(t, browser, base)
		for _, name := range names {
			if !chapter.MatchString(name) || strings.Contains(name, ".zh-CN.") {
				continue
			}
			const heads = `[...document.querySelectorAll('article :is(h1,h2,h3,h4)[id]')]`
			do(t, ctx, chromedp.Navigate(base+name))
			n := get[int](t, ctx, `(h => { const n = h.length >> 1; h[n].scrollIntoView(); return n })(%s)`, heads)
			for _, lang := range []string{"zh-CN", "en"} {
				do(t, ctx, chromedp.Click(chromedp.ID("twin")))
				until(t, ctx, `document.documentElement.lang === %q && %s.findLastIndex(h => h.getBoundingClientRect().top < 150) === %d`, lang, heads, n)
			}
		}
	})

	// Read from the server and from files: no page with trouble, no link that
	// leads nowhere, and words are found.
	for _, from := range []string{base, files} {
		t.Run("reading "+from[:4], func(t *testing.T) {
			ctx := tab(t, browser, from)
			ids, links := map[string]bool{}, map[string]string{}
			for queue := slices.Clone(names); len(queue) > 0; queue = queue[1:] {
				at := from + queue[0]
				if ids[at] {
					continue
				}
				ids[at] = true
				do(t, ctx, chromedp.Navigate(at))
				p := get[struct{ Links, IDs []string }](t, ctx, `drive.links()`)
				if from == files && chapter.MatchString(queue[0]) { // the recorded plays
					for i := range get[int](t, ctx, `document.querySelectorAll('.stage').length`) {
						s := get[scene](t, ctx, `drive.play(%d)`, i)
						require.Positive(t, s.Frames, "%s in %s: %s", s.Slug, at, s.Output)
						require.NotEmpty(t, s.Shown, "%s: no call says what it was", s.Slug)
						require.Equal(t, s.Asked > 0, s.Judged > 0, "%s: no answer is right", s.Slug)
					}
				}
				for _, id := range p.IDs {
					ids[at+"#"+id] = true
				}
				for _, to := range p.Links {
					if rest, ok := strings.CutPrefix(to, from); ok {
						to, _ = url.PathUnescape(to)
						rest, _, _ = strings.Cut(rest, "#")
						links[to] = at
						queue = append(queue, rest)
					}
				}
			}
			require.Greater(t, len(ids), 1000)
			for to, at := range links {
				require.True(t, ids[to], "%s leads to %s", at, to)
			}
			for word, home := range map[string]string{"backlog": "README.html", "全连接队列": "README.zh-CN.html"} {
				do(t, ctx, chromedp.Navigate(from+home))
				press(t, ctx, "/"+word)
				until(t, ctx, `document.querySelectorAll('#found a').length > 2 && document.querySelector('#found mark').textContent.toLowerCase() === %q`, word)
				do(t, ctx, chromedp.Click(chromedp.CSS("#found a")))
				until(t, ctx, `location.hash && !document.querySelector('article').hidden && document.querySelector('article').textContent.toLowerCase().includes(%q)`, word)
			}
		})
	}

	// Every scene: as it stands on the English pages, and with its numbers
	// changed on the Chinese ones.
	t.Run("scenes", func(t *testing.T) {
		ctx := tab(t, browser, base)
		var firsts []int // ms to the first arrow of each
		for _, name := range names {
			play := `drive.play(%d)`
			if strings.Contains(name, ".zh-CN.") {
				play = `drive.play(%d, ` + changed + `)`
			}
			do(t, ctx, chromedp.Navigate(base+name))
			for i := range get[int](t, ctx, `document.querySelectorAll('.stage').length`) {
				var s scene
				for range 3 { // a machine that has other work gets another chance
					do(t, ctx, chromedp.Navigate(base+name))
					if s = get[scene](t, ctx, play, i); s.First <= 200 {
						break
					}
				}
				firsts = append(firsts, s.First)
				require.Empty(t, s.Error, "%s in %s", s.Slug, name)
				require.NotEmpty(t, s.SVG, "%s in %s: %s", s.Slug, name, s.Output)
				last := s.SVG[len(s.SVG)-1]
				require.Equal(t, len(slices.Compact(s.SVG)), s.Frames, "%s: a picture was not shown", s.Slug)
				require.NotEmpty(t, s.Shown, "%s: no call says what it was", s.Slug)
				require.Empty(t, cmp.Diff(facts(last), facts(s.Page)), "%s (-drawn +on the page)", s.Slug)
				require.Equal(t, s.Asked > 0, s.Judged > 0, "%s: no answer is right", s.Slug)
				if s.Knobs == 0 || !strings.Contains(name, ".zh-CN.") {
					require.Empty(t, cmp.Diff(facts(s.Still), facts(last)), "%s (-recorded +played)", s.Slug)
				} else if want, ok := told[s.Slug]; ok {
					require.Equal(t, want.n, count(last, want.call), "%s in %s", want.call, s.Slug)
				}
			}
		}
		require.GreaterOrEqual(t, len(firsts), 58)
		slices.Sort(firsts)
		t.Logf("first arrows after %v ms", firsts)
		require.LessOrEqual(t, firsts[len(firsts)/2], 200, "ms to the first arrow")
		require.Less(t, firsts[len(firsts)-1], 1000, "ms to the first arrow")
	})
	// Every page, light and dark and narrow.
	t.Run("contrast", func(t *testing.T) {
		ctx := tab(t, browser, base)
		_, err := chromedp.Call(ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // pictures are looked at from inside
		require.NoError(t, err)
		do(t, ctx, chromedp.EmulateViewport(390, 800))
		for _, mode := range []string{"light", "dark"} {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode}}})
			require.NoError(t, err)
			for _, name := range append(names, "01-basic/server.go.html") {
				do(t, ctx, chromedp.Navigate(base+name))
				wide := get[[]string](t, ctx, `drive.wide()`)
				assert.Empty(t, wide, "wider than the screen: %s", name)
				if chapter.MatchString(name) {
					get[scene](t, ctx, `drive.play(0)`)
				}
				pale := get[[]string](t, ctx, `drive.contrast()`)
				assert.Empty(t, pale, "%s, %s", name, mode)
			}
		}
	})

	// The keyboard reaches everything, and one sees where it is: backwards,
	// where the header could cover it.
	t.Run("keyboard", func(t *testing.T) {
		ctx := tab(t, browser, base)
		for _, name := range append(names, "01-basic/server.go.html") {
			if strings.Contains(name, ".zh-CN.") {
				continue
			}
			do(t, ctx, chromedp.Navigate(base+name))
			for i := get[int](t, ctx, `drive.all().length`) - 1; i >= 0; i-- {
				do(t, ctx, chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
				at := get[struct {
					At            int
					Name          string
					Ring, Covered bool
				}](t, ctx, `drive.focus()`)
				require.Equal(t, i, at.At, "%s in %s", at.Name, name)
				assert.True(t, at.Ring, "%s in %s does not show that it has the focus", at.Name, name)
				assert.False(t, at.Covered, "%s in %s is covered", at.Name, name)
			}
		}

		do(t, ctx, chromedp.Navigate(base+names[2]))
		press(t, ctx, kb.Tab+kb.Enter+kb.Tab) // past the contents
		until(t, ctx, `document.activeElement.closest('main')`)
		focus := func(what string) { get[bool](t, ctx, `document.querySelector(%q).focus() ?? true`, what) }
		focus(".stage form button")
		press(t, ctx, kb.Enter)
		until(t, ctx, `document.activeElement.matches('.guess button')`)
		press(t, ctx, " ")
		until(t, ctx, `document.querySelector('.stage [role=button]')`)
		focus(".stage [role=button]")
		press(t, ctx, kb.ArrowDown+kb.Enter)
		until(t, ctx, `document.querySelector('.stage .call pre')`)
		focus(".stage button[value=step]")
		press(t, ctx, " ")
		until(t, ctx, `document.activeElement.matches('.stage .step')`)
		require.Empty(t, get[string](t, ctx, `document.querySelector('.stage output').textContent`))
		press(t, ctx, strings.Repeat(kb.ArrowRight, get[int](t, ctx, `+document.activeElement.max`)))
		until(t, ctx, `document.querySelector('.stage output').textContent`)
		focus("article summary")
		press(t, ctx, " ")
		until(t, ctx, `document.querySelector('article details').open`)
		press(t, ctx, "/backlog")
		until(t, ctx, `!document.getElementById('found').hidden`)
		press(t, ctx, kb.Escape+kb.ArrowRight)
		until(t, ctx, `location.href.endsWith(%q)`, names[3])
	})

	t.Run("saving", func(t *testing.T) {
		ctx := tab(t, browser, base)
		do(t, ctx, chromedp.Navigate(base+names[2]))
		file := filepath.Join(checkout, filepath.FromSlash(strings.TrimSuffix(names[2], ".html")+".md"))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(text, "\nSaved just now.\n"...), 0o644))
		until(t, ctx, `document.querySelector('article').textContent.includes('Saved just now.')`)
	})
}
