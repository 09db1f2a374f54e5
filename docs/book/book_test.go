package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	reuseaddr "example.com/dialtone/03-reuseaddr"
)

// served is a book that is served until the test ends, and its token. It is
// this checkout's, or that of dir.
func served(t *testing.T, dir ...string) (base, token string, stop func()) {
	b, err := open(append(dir, filepath.Join("..", ".."))[0])
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.serve(ctx, ln) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
		b.root.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(stop)
	base = "http://" + ln.Addr().String()
	_, body := get(t, base+"/01-basic/README.html")
	return base, regexp.MustCompile(`data-token="(\w+)"`).FindStringSubmatch(body)[1], stop
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	r, err := http.Get(address)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r.StatusCode, string(body)
}

// Every page is there in both languages, and nothing that is hidden. That
// whatever they lead to is there, the book as files proves: it follows the links.
func TestPages(t *testing.T) {
	base, _, _ := served(t)
	b, err := open(filepath.Join("..", ".."))
	require.NoError(t, err)
	defer b.root.Close()
	for _, name := range b.order {
		for _, name := range []string{name, twin(name)} {
			if _, err := b.root.Stat(filepath.FromSlash(name)); err == nil {
				code, _ := get(t, base+"/"+strings.TrimSuffix(name, ".md")+".html")
				require.Equal(t, 200, code, name)
			}
		}
	}
	for _, hidden := range []string{"/.git/config", "/docs/../../../etc/passwd.html"} {
		code, _ := get(t, base+hidden)
		require.Equal(t, 404, code)
	}
	_, index := get(t, base+"/search.zh.js")
	require.Contains(t, index, "全连接队列")
}

// post asks as a page of the book does.
func post(ctx context.Context, address, token, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, "POST", address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Token", token)
	return http.DefaultClient.Do(r)
}

// play starts a scene, and gives what it sends.
func play(ctx context.Context, base, token, body string) (code int, lines []map[string]any, err error) {
	answer, err := post(ctx, base+"/play", token, body)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		return answer.StatusCode, nil, nil
	}
	for in := json.NewDecoder(answer.Body); ; {
		var line map[string]any
		if err := in.Decode(&line); err == io.EOF {
			return 200, lines, nil
		} else if err != nil {
			return 200, lines, err
		}
		if lines = append(lines, line); line["end"] == true {
			return 200, lines, nil // TIME_WAIT would be counted down now
		}
	}
}

// A scene runs, its picture grows, and the question has an answer; what the
// reader changed counts; each call says where it was made.
func TestPlay(t *testing.T) {
	base, token, _ := served(t)
	for body, want := range map[string]string{
		`"Lesson":1,"Slug":"listen-to-me","Lang":"en"`:                                                 "31 times the same",
		`"Lesson":1,"Slug":"listen-to-me","Lang":"zh","Set":{"n":"3","buf":"2"}`:                       "说 3 遍",
		`"Lesson":2,"Slug":"second-caller-served","Lang":"zh"`:                                         "客户端 B",
		`"Lesson":2,"Slug":"second-caller-waits","Lang":"en","Set":{"callers":"4","slam":"true"}`:      "client D",
		`"Lesson":3,"Slug":"server-first","Lang":"en","Set":{"first":"client","old":"on","new":"off"}`: "client hangs up first",
		`"Lesson":3,"Slug":"server-first","Lang":"zh","Set":{"first":"reset","old":"off","new":"on"}`:  "RST",
		`"Lesson":4,"Slug":"glued","Lang":"en","Set":{"n":"1","gap":"1","nagle":"true"}`:               "1 message in",
		`"Lesson":4,"Slug":"framed","Lang":"zh","Set":{"n":"2"}`:                                       "得到 2 条消息",
		`"Lesson":5,"Slug":"comes-back","Lang":"en","Set":{"film":"9000","dies":"5000"}`:               "The client dies",
		`"Lesson":5,"Slug":"comes-back","Lang":"en","Set":{"film":"100","dies":"3"}`:                   "The client dies",
		`"Lesson":5,"Slug":"refused","Lang":"en","Set":{"name":"CON.txt"}`:                             "CON.txt",
		`"Lesson":5,"Slug":"refused","Lang":"zh","Set":{"name":"电影.txt"}`:                              "stored",
	} {
		t.Run(body, func(t *testing.T) {
			if strings.Contains(body, "server-first") && runtime.GOOS == "windows" {
				t.Skip("Windows has no such SO_REUSEADDR")
			}
			code, lines, err := play(t.Context(), base, token, `{"Page":"a",`+body+`}`)
			require.NoError(t, err)
			require.Equal(t, 200, code)
			last, picture := lines[len(lines)-1], lines[len(lines)-2]["svg"].(string)
			require.Nil(t, last["error"])
			require.NotEmpty(t, last["right"], "which answer is right")
			require.Contains(t, picture, want)
			require.NotContains(t, picture, "<style>", "the page allows none")
			if strings.Contains(body, `"n":"1"`) {
				require.Equal(t, 1, strings.Count(picture, ">Write</tspan>"), "one message, one Write")
				require.NotContains(t, picture, "×")
			}
			if strings.Contains(body, `listen-to-me","Lang":"en"`) {
				text, err := json.Marshal(last["calls"])
				require.NoError(t, err)
				require.Contains(t, string(text), `"01-basic/server.go.html#L`)
				require.Contains(t, string(text), "68 65 6c 6c 6f 20 62 61  62 79 7e", "the bytes")
				require.Contains(t, string(text), "io.WriteString", "the line that wrote them")
			}
		})
	}
}

// The question is that of what was chosen; a page has one play; TIME_WAIT is
// counted down to its end.
func TestOnePlayAPage(t *testing.T) {
	base, token, _ := served(t)
	_, lines, err := play(t.Context(), base, token, `{"Lesson":4,"Slug":"framed","Lang":"en","Ask":true,"Set":{"n":"7"}}`)
	require.NoError(t, err)
	require.Contains(t, lines[0]["text"], "7 messages in")
	if _, err := reuseaddr.Sockets(1); err != nil {
		t.Skip(err)
	}
	answer, err := post(t.Context(), base+"/play", token, `{"Lesson":3,"Slug":"server-first","Page":"a"}`)
	require.NoError(t, err)
	defer answer.Body.Close()
	in := json.NewDecoder(answer.Body)
	for line := (map[string]any{}); line["wait"] == nil; {
		require.NoError(t, in.Decode(&line))
	}
	_, _, err = play(t.Context(), base, token, `{"Lesson":1,"Slug":"nobody-listens","Page":"a"}`)
	require.NoError(t, err)
	for err == nil { // it has ended, long before TIME_WAIT does
		var line map[string]any
		err = in.Decode(&line)
		require.NotContains(t, fmt.Sprint(line["wait"]), "over")
	}
}

// A page hears of a save, also of one that it has missed.
func TestChanges(t *testing.T) {
	base, _, _ := served(t)
	code, said := get(t, base+"/changes?path=README.md&since=1")
	require.Equal(t, 200, code)
	require.Equal(t, "\"waiting\"\n\"changed\"\n", said)
	code, _ = get(t, base+"/changes?path=nothing.md&since=1")
	require.Equal(t, 404, code)
}

// Nobody else's page starts a play, and nothing but what a scene allows.
func TestRefusals(t *testing.T) {
	base, token, _ := served(t)
	const one = `{"Lesson":1,"Slug":"nobody-listens"}`
	for _, c := range []struct {
		host, origin, token, body string
		code                      int
	}{
		{"", "", token, one, 200},
		{"", base, token, one, 200},
		{"evil.example", "", token, one, 403},
		{"", "http://evil.example", token, one, 403},
		{"", "", "guess", one, 403},
		{"", "", token, `{"Lesson":9,"Slug":"x"}`, 400},
		{"", "", token, `{"Lesson":1,"Slug":"../x"}`, 400},
		{"", "", token, `{"Lesson":1,"Slug":"nobody-listens","Set":{"n":"3"}}`, 400},
		{"", "", token, `{"Lesson":4,"Slug":"cut","Set":{"n":"3"}}`, 400},
		{"", "", token, `{"Lesson":4,"Slug":"glued","Set":{"n":"1000000000"}}`, 400},
		{"", "", token, `{"Lesson":4,"Slug":"glued","Set":{"gap":"1h"}}`, 400},
		{"", "", token, `{"Lesson":3,"Slug":"server-first","Set":{"first":"-wait"}}`, 400},
		{"", "", token, `{"Lesson":5,"Slug":"refused","Set":{"name":"a\u0000b"}}`, 400},
		{"", "", token, strings.Repeat("x", 1<<20), 400},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/play", strings.NewReader(c.body))
		require.NoError(t, err)
		r.Host = c.host
		r.Header.Set("X-Token", c.token)
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		require.Equal(t, c.code, answer.StatusCode, "%+.80v", c)
	}
	answer, err := http.Get(base + "/README.html")
	require.NoError(t, err)
	answer.Body.Close()
	require.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Error(t, run(t.Context(), "0.0.0.0:0", "", nil), "not for other machines")
}

// The clock of the colours' expressions ends by itself, a second later.
var colourClock = goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")

// Many pages at once, plays that are left in the middle, pages that wait for
// a change: when the book ends, nothing is left of them.
func TestNothingIsLeft(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), colourClock)
	base, token, stop := served(t)
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*5*time.Millisecond)
			defer cancel()
			switch i % 3 {
			case 0:
				play(ctx, base, token, fmt.Sprintf(`{"Lesson":2,"Slug":"silence","Page":"%d"}`, i))
			case 1:
				r, _ := http.NewRequestWithContext(ctx, "GET", base+"/changes?path=README.md", nil)
				if answer, err := http.DefaultClient.Do(r); err == nil {
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			default:
				if answer, err := http.Get(base + "/02-loops/README.html"); err == nil {
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			}
		})
	}
	all.Wait()
	stop()
}

// As files it is the same, without a server and its buttons; and the script
// is small.
func TestFiles(t *testing.T) {
	b, err := open(filepath.Join("..", ".."))
	require.NoError(t, err)
	defer b.root.Close()
	dir := t.TempDir()
	require.NoError(t, b.write(dir))
	for _, name := range []string{"index.html", "01-basic/README.zh-CN.html", "01-basic/exercises/ask/ask.go.html", "docs/figures/queues.svg", "search.en.js"} {
		require.FileExists(t, filepath.Join(dir, filepath.FromSlash(name)))
	}
	page, err := os.ReadFile(filepath.Join(dir, "01-basic", "README.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), `data-slug="listen-to-me"`)
	require.False(t, bytes.Contains(page, []byte("<input name")), "a recording cannot be changed")
	play, err := os.ReadFile(filepath.Join(dir, "plays", "1-listen-to-me.zh.js"))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(play, []byte("window.bookPlay=")) && bytes.Contains(play, []byte("听我说")))
	require.Contains(t, string(page), `class="exercise"`, "the tasks")
	require.False(t, bytes.Contains(page, []byte(`data-token="A`)))
	script, err := assets.ReadFile("book.js")
	require.NoError(t, err)
	more, err := assets.ReadFile("solve.js")
	require.NoError(t, err)
	require.Less(t, len(script)+len(more), 25_000)
}
