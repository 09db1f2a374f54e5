package main

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"go/doc/comment"
	"html"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"example.com/dialtone/docs/internal/lang"
)

// checkLimit is how long one run of docs/drill may take: it compiles too.
const checkLimit = 2 * time.Minute

// checks runs docs/drill, one process at a time.
type checks struct {
	one   chan struct{} // held by the one
	pages chan struct{} // of readers who solve
	dir   string        // where the program is once it is built
}

func newChecks() checks { return checks{make(chan struct{}, 1), make(chan struct{}, mostPlays), ""} }

// end waits for the check that runs, and lets no other begin.
func (c *checks) end() {
	c.one <- struct{}{}
	os.RemoveAll(c.dir)
}

// exercise is what docs/drill -json tells of one: its task, or its grade.
type exercise struct {
	Name, Where, Code, Task       string
	Hints                         []string
	State, Mark, Word, Rest, Full string
}

// drill asks docs/drill about exercises. It waits its turn.
func (b *book) drill(ctx context.Context, l lang.Lang, words ...string) (all []exercise, err error) {
	select {
	case b.checks.one <- struct{}{}:
		defer func() { <-b.checks.one }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	if b.checks.dir == "" {
		dir, err := os.MkdirTemp("", "dialtone-book-")
		if err != nil {
			return nil, err
		}
		if out, err := b.command(limited, l, dir, "go", "build", "-buildvcs=false", "-o", program(dir), "./docs/drill").CombinedOutput(); err != nil {
			return nil, errors.Join(fmt.Errorf("go build ./docs/drill: %w\n%s", err, out), os.RemoveAll(dir))
		}
		b.checks.dir = dir
	}
	out, err := b.command(limited, l, b.checks.dir, program(b.checks.dir), append([]string{"-json"}, words...)...).Output()
	if stopped, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w\n%s", err, stopped.Stderr)
	}
	if limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf(l.Pick("this takes more than %v; save the file to try again", "超过了 %v；再保存一次文件就会重试"), checkLimit)
	}
	for in := json.NewDecoder(bytes.NewReader(out)); err == nil && in.More(); {
		var e exercise
		err = in.Decode(&e)
		all = append(all, e)
	}
	return all, err
}

func program(dir string) string { return filepath.Join(dir, "drill.exe") } // Windows wants the .exe, others do not care

// command is a program in the course's folder that ends with ctx, and so do
// those that it has started: drill sees to it when it is told to end. Windows
// cannot tell it, but ends a tree of processes. What the go command leaves
// when it is killed stays in dir.
func (b *book) command(ctx context.Context, l lang.Lang, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = b.root.Name()
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOTMPDIR="+dir, "LC_ALL="+l.Pick("en", "zh")) // the pictures speak it too
	cmd.Cancel = func() error {
		if cmd.Process.Signal(os.Interrupt) == nil {
			return nil
		}
		return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

var (
	chapter = regexp.MustCompile(`^(0\d-[a-z-]+)/README(\.zh-CN)?\.md$`)
	indent  = regexp.MustCompile(`(?m)^ {4}( {4})?`) // of go test
	section = regexp.MustCompile(`(?s)<h2 id="(?:exercises|练习)">.*?(<h2 |$)`)
)

// exercises puts the place for a chapter's exercises at the end of their
// section; in a copy as files it holds the tasks.
func (b *book) exercises(name, body string, l lang.Lang, live bool) (string, error) {
	m, at := chapter.FindStringSubmatch(name), section.FindStringSubmatchIndex(body)
	if m == nil || at == nil {
		return body, nil
	}
	tasks := ""
	if !live {
		all, err := b.drill(context.Background(), l, "task", m[1])
		if err != nil {
			return "", err
		}
		tasks = taskList(all, l)
	}
	place := fmt.Sprintf(`<div class="exercises" data-lesson=%q><div>%s</div><p role="status"></p></div>`, m[1], tasks)
	return body[:at[2]] + place + body[at[2]:], nil
}

// taskList shows tasks; a hint shows the next one, and the last a solution.
func taskList(all []exercise, l lang.Lang) string {
	var out strings.Builder
	for _, e := range all {
		hints := fmt.Sprintf(`<p><a href="exercises/%s/testdata/solution/%[1]s.go.html">%s</a></p>`, e.Name, l.Pick("A solution", "参考答案"))
		for i, hint := range slices.Backward(e.Hints) {
			hints = fmt.Sprintf("<details><summary>%s %d / %d</summary>%s%s</details>", l.Pick("Hint", "提示"), i+1, len(e.Hints), prose(hint), hints)
		}
		fmt.Fprintf(&out, `<details class="exercise" data-name=%q><summary><code>%[1]s</code> <span></span></summary><p>%[2]s <a href="exercises/%[1]s/%[1]s.go.html"><code>%[3]s</code></a></p>%s%s<div class="result"></div>%s</details>`,
			e.Name, l.Pick("Open it in your editor, write it there, and save:", "用编辑器打开这个文件，写好，保存："), html.EscapeString(e.Where), fenced("go", e.Code+"\n"), prose(e.Task), hints)
	}
	return out.String()
}

// prose is a task or a hint as HTML: the text of a doc comment, or one in
// Chinese that is written like it.
func prose(text string) string {
	var parser comment.Parser
	doc := parser.Parse(strings.ReplaceAll("\n"+text, "\n- ", "\n  - "))
	return string((&comment.Printer{}).HTML(doc))
}

// result is what stands below a task: the failure with its picture, or what
// people get wrong in an exercise that is done.
func (b *book) result(lesson string, e exercise, l lang.Lang) (string, error) {
	switch e.State {
	case "failing":
		return `<pre tabindex="0">` + html.EscapeString(indent.ReplaceAllString(e.Full, "")) + "</pre>", nil
	case "done":
		src, err := b.root.ReadFile(filepath.Join(lesson, "exercises", e.Name, "testdata", "mistakes.md"))
		if err != nil {
			return "", err
		}
		src, _, _ = bytes.Cut(src, []byte("\n# Mutants"))
		doc := markdown[false].Parser().Parse(text.NewReader(src))
		for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
			if h, ok := n.(*ast.Heading); ok {
				h.Level += 2 // inside of a page's section
			}
		}
		var body strings.Builder
		err = markdown[false].Renderer().Render(&body, src, doc)
		return fmt.Sprintf(`<details><summary>%s</summary><div lang="en">%s</div></details>`, l.Pick("Mistakes and other right answers", "常见错误和其他正确写法（英文）"), body.String()), err
	}
	return "", nil
}

// saved tells one state of an exercise's files from another.
func (b *book) saved(lesson string) map[string]string {
	all := map[string]string{}
	files, _ := fs.Glob(b.root.FS(), lesson+"/exercises/*/*.go")
	for _, name := range files {
		if info, err := fs.Stat(b.root.FS(), name); err == nil {
			all[path.Base(path.Dir(name))] += fmt.Sprintln(name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return all
}

// allowed reads what a page of this book asks for; anything else is refused.
func (b *book) allowed(w http.ResponseWriter, r *http.Request, want any) bool {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Token")), []byte(b.token)) != 1 {
		http.Error(w, "not from a page of this book", http.StatusForbidden)
		return false
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(want)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return err == nil
}

// solve sends the tasks of a lesson, then how the reader's answers do, and
// again whenever one is saved, until the page is gone.
func (b *book) solve(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Lesson string
		Lang   lang.Lang
	}
	if !b.allowed(w, r, &want) {
		return
	}
	lesson, l := want.Lesson, want.Lang
	if !chapter.MatchString(lesson+"/README.md") || len(b.saved(lesson)) == 0 {
		http.Error(w, fmt.Sprintf("no exercises in %q", lesson), http.StatusBadRequest)
		return
	}
	select {
	case b.checks.pages <- struct{}{}:
		defer func() { <-b.checks.pages }()
	default:
		http.Error(w, l.Pick("too many pages are checking exercises; close some", "检查练习的页面太多了，请关掉几个"), http.StatusTooManyRequests)
		return
	}
	out := stream(w, r)
	checking := map[string]string{"say": l.Pick("checking…", "正在检查……")}
	out.send(checking)
	all, err := b.drill(r.Context(), l, "task", lesson)
	if err != nil {
		out.send(map[string]string{"say": err.Error()})
		return
	}
	out.send(map[string]string{"tasks": taskList(all, l)})
	for before := map[string]string{}; ; {
		now := b.saved(lesson)
		var fresh []string
		for name, files := range now {
			if files != before[name] {
				fresh = append(fresh, lesson+"/"+name)
			}
		}
		if fresh != nil && out.send(checking) == nil {
			grades, err := b.drill(r.Context(), l, append([]string{"status"}, fresh...)...)
			say := l.Pick("Whenever you save one of the files, it is checked again.", "每次保存文件，都会重新检查。")
			for _, e := range grades {
				below, err2 := b.result(lesson, e, l)
				err = errors.Join(err, err2)
				head := e.Mark + " " + e.Word
				if e.Rest != "" {
					head += l.Pick(": ", "：") + e.Rest
				}
				out.send(map[string]string{"name": e.Name, "state": e.State, "head": head, "result": below})
				if len(fresh) == 1 {
					say = e.Name + ": " + e.Mark + " " + e.Word
				}
			}
			if err != nil {
				say = err.Error()
			}
			out.send(map[string]string{"say": say})
		}
		before = now
		if out.send("waiting") != nil || out.pause() != nil {
			return
		}
	}
}
