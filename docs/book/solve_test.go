package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const task = `package answer

import "net"

// Answer takes one call.
//
//   - It says reply.
func Answer(ln net.Listener, reply string) (string, error) {
`

// learner is a copy of what the exercise answer needs; save writes one.
func learner(t *testing.T) (dir string, save func(code string)) {
	if testing.Short() {
		t.Skip("compiles docs/drill and an exercise")
	}
	dir = t.TempDir()
	for _, name := range []string{"docs/drill", "docs/grade", "docs/ladder", "docs/internal/ask", "docs/internal/lang", "01-basic/exercises/answer"} {
		require.NoError(t, os.CopyFS(filepath.Join(dir, filepath.FromSlash(name)), os.DirFS(filepath.Join("..", "..", filepath.FromSlash(name)))))
	}
	for _, name := range []string{"go.mod", "go.sum", "01-basic/README.md", "01-basic/README.zh-CN.md", "01-basic/exercises/order.txt"} {
		src, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), src, 0o644))
	}
	save = func(code string) { // in one step: half of an answer would be checked too
		half, whole := filepath.Join(dir, "half"), filepath.Join(dir, "01-basic", "exercises", "answer", "answer.go")
		require.NoError(t, os.WriteFile(half, []byte(code), 0o644))
		require.NoError(t, os.Rename(half, whole))
	}
	save(task + "\tpanic(\"not begun\")\n}\n")
	return dir, save
}

// solving asks for a lesson's exercises; next gives the next message that has
// the key.
func solving(ctx context.Context, t *testing.T, base, token, body string) (code int, next func(key string) map[string]string) {
	answer, err := post(ctx, base+"/solve", token, body)
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	in := json.NewDecoder(answer.Body)
	return answer.StatusCode, func(key string) (said map[string]string) {
		for said[key] == "" {
			var line json.RawMessage
			require.NoError(t, in.Decode(&line))
			if said = nil; line[0] == '{' {
				require.NoError(t, json.Unmarshal(line, &said))
			}
		}
		return said
	}
}

// A reader solves an exercise in the book, in both languages.
func TestSolve(t *testing.T) {
	dir, save := learner(t)
	base, token, stop := served(t, dir)
	_, body := get(t, base+"/01-basic/README.html")
	require.Contains(t, body, `<div class="exercises" data-lesson="01-basic"><div></div>`)

	code, next := solving(t.Context(), t, base, token, `{"Lesson":"01-basic","Lang":"en"}`)
	require.Equal(t, 200, code)
	tasks := next("tasks")["tasks"]
	for _, want := range []string{"<li>It says reply.", "Hint 1 / 3", "exercises/answer/answer.go.html"} {
		require.Contains(t, tasks, want)
	}
	require.Less(t, strings.Index(tasks, "Hint 1"), strings.Index(tasks, "Hint 2"), "one inside the other")
	require.Equal(t, "not begun", next("name")["state"])
	next("say")

	save(task + "\tconn, err := ln.Accept()\n\tif err == nil {\n\t\tconn.Close()\n\t}\n\treturn \"\", err\n}\n")
	failing := next("name")
	require.Equal(t, "failing", failing["state"])
	require.Contains(t, failing["head"], "✗ failing: ")
	require.Contains(t, failing["result"], "expected:")
	require.Contains(t, failing["result"], "│", "the picture")

	code, chinese := solving(t.Context(), t, base, token, `{"Lesson":"01-basic","Lang":"zh"}`)
	require.Equal(t, 200, code)
	require.Contains(t, chinese("tasks")["tasks"], "提示 1 / 3")
	failing = chinese("name")
	require.Contains(t, failing["head"], "未通过")
	require.Contains(t, failing["result"], "接听")

	solution, err := os.ReadFile(filepath.Join(dir, "01-basic", "exercises", "answer", "testdata", "solution", "answer.go"))
	require.NoError(t, err)
	save(string(solution))
	for _, next := range []func(string) map[string]string{next, chinese} {
		done := next("name")
		require.Equal(t, "done", done["state"], done)
		require.Contains(t, done["result"], "One Read is taken for the whole word")
		require.NotContains(t, done["result"], "Mutants")
	}
	left, err := os.ReadFile(filepath.Join(dir, "01-basic", "exercises", "answer", "answer.go"))
	require.NoError(t, err)
	require.Equal(t, string(solution), string(left), "the book writes nothing there")
	stop()
}

// What is not from a page of the book, or no lesson, or one page too many, is
// refused.
func TestSolveRefuses(t *testing.T) {
	base, token, _ := served(t)
	for _, c := range []struct {
		token, body string
		code        int
	}{
		{"guess", `{"Lesson":"01-basic"}`, 403},
		{token, `{"Lesson":"09-more"}`, 400},
		{token, `{"Lesson":"../01-basic"}`, 400},
		{token, `{"Lesson":""}`, 400},
		{token, strings.Repeat(" ", 1<<20), 400},
	} {
		code, _ := solving(t.Context(), t, base, c.token, c.body)
		require.Equal(t, c.code, code, "%.80v", c)
	}
	for i := range mostPlays + 1 {
		code, _ := solving(t.Context(), t, base, token, `{"Lesson":"01-basic"}`)
		require.Equal(t, code == 429, i == mostPlays)
	}
}

// An answer that hangs where no test can see it ends with the page, or with
// the book: it holds a connection, and that is closed.
func TestSolveLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), colourClock)
	dir, save := learner(t)
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer ln.Close()
	ln.SetDeadline(time.Now().Add(checkLimit))
	save(strings.Replace(task, "\n\n", "\n\nimport \"time\"\n\n", 1) + fmt.Sprintf("\treturn \"\", nil\n}\n\nvar conn, _ = net.Dial(\"tcp\", %q)\n\nfunc init() { time.Sleep(time.Hour) }\n", ln.Addr()))
	base, token, stop := served(t, dir)
	for _, end := range []string{"page", "book"} {
		ctx, cancel := context.WithCancel(t.Context())
		code, next := solving(ctx, t, base, token, `{"Lesson":"01-basic"}`)
		require.Equal(t, 200, code)
		next("tasks")
		conn, err := ln.Accept()
		require.NoError(t, err)
		if end == "page" {
			cancel()
		} else {
			stop()
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, err = io.Copy(io.Discard, conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it goes on after the %s", end)
		conn.Close()
		cancel()
	}
	http.DefaultClient.CloseIdleConnections()
}
