package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	reuseaddr "example.com/dialtone/03-reuseaddr"
	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
	"example.com/dialtone/docs/scenes"
)

const (
	mostPlays  = 8   // at once
	mostFrames = 150 // drawings of one event each; then one each
	frame      = 40 * time.Millisecond
	slowest    = 10 * time.Second // for a reader to take one of them
)

// handler serves the book at an address of this machine.
func (b *book) handler(addr string) http.Handler {
	b.token = rand.Text()
	_, port, _ := net.SplitHostPort(addr)
	hosts := []string{addr, "localhost:" + port}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if name == "" {
			home := "README.html"
			if strings.HasPrefix(r.Header.Get("Accept-Language"), "zh") {
				home = "README.zh-CN.html"
			}
			http.Redirect(w, r, "/"+home, http.StatusSeeOther)
			return
		}
		body, err := b.file(name, true)
		if errors.Is(err, fs.ErrNotExist) {
			http.NotFound(w, r)
			return
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kinds[path.Ext(name)])
		w.Write(body)
	})
	mux.HandleFunc("GET /changes", b.changes)
	mux.HandleFunc("POST /play", b.play)
	mux.HandleFunc("POST /solve", b.solve)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A name that somebody's DNS leads here is not ours, and no other
		// site's page may ask.
		if origin := r.Header.Get("Origin"); !slices.Contains(hosts, r.Host) || origin != "" && origin != "http://"+r.Host {
			http.Error(w, "this book is for this machine's own browser", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// events is a stream of JSON, a line each, whose reader may be slow but not
// for ever.
type events struct {
	w   http.ResponseWriter
	ctx context.Context // of the request: done when the page is gone
}

func stream(w http.ResponseWriter, r *http.Request) events {
	w.Header().Set("Content-Type", "application/x-ndjson")
	return events{w, r.Context()}
}

func (e events) send(v any) error {
	ctl := http.NewResponseController(e.w)
	ctl.SetWriteDeadline(time.Now().Add(slowest))
	return errors.Join(json.NewEncoder(e.w).Encode(v), ctl.Flush())
}

// pause is half a second, less when the page is gone.
func (e events) pause() error {
	select {
	case <-e.ctx.Done():
		return e.ctx.Err()
	case <-time.After(500 * time.Millisecond):
		return nil
	}
}

// changes tells when the file of a page is no longer what it was since.
func (b *book) changes(w http.ResponseWriter, r *http.Request) {
	name, since := filepath.FromSlash(r.URL.Query().Get("path")), r.URL.Query().Get("since")
	if _, err := b.root.Stat(name); err != nil {
		http.NotFound(w, r)
		return
	}
	for out := stream(w, r); out.send("waiting") == nil && out.pause() == nil; {
		if now, err := b.root.Stat(name); err == nil && fmt.Sprint(now.ModTime().UnixNano()) != since {
			out.send("changed")
			return
		}
	}
}

// wanted is what a page asks for.
type wanted struct {
	Lesson int
	Slug   string
	Lang   lang.Lang
	Set    map[string]string // of the scene's knobs
	Page   string            // which page asks: each has one play at a time
	Ask    bool              // for the question alone
}

// play runs a scene, and sends its picture as it grows. It ends with the
// scene, or when the reader's page is gone or plays something else.
func (b *book) play(w http.ResponseWriter, r *http.Request) {
	var want wanted
	if !b.allowed(w, r, &want) {
		return
	}
	sc, err := find(want.Lesson, want.Slug, want.Set)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if want.Ask {
		json.NewEncoder(w).Encode(question(sc, want.Lang))
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if last, is := b.playing.Swap(want.Page, &cancel); is { // each page has one play
		(*last.(*context.CancelFunc))()
	}
	defer b.playing.CompareAndDelete(want.Page, &cancel)
	select {
	case b.plays <- struct{}{}:
		defer func() { <-b.plays }()
	default:
		http.Error(w, want.Lang.Pick("eight scenes are playing already; wait for one to end", "已经有八幕在演了，等一幕演完再来"), http.StatusTooManyRequests)
		return
	}
	rec := ladder.NewRecorder()
	news := make(chan ladder.Event, 1<<16)
	rec.Watch(func(e ladder.Event) { news <- e })
	go func() {
		err = sc.Play(ctx, rec)
		close(news)
	}()
	out, drawn, gone := stream(w, r.WithContext(ctx)), time.Time{}, false
	draw := func(ev []ladder.Event) {
		svg, failed := picture(ev, want.Lang)
		if gone = failed != nil || out.send(map[string]any{"svg": svg}) != nil; gone {
			cancel()
		}
		drawn = time.Now()
	}
	var all []ladder.Event
	for e := range news {
		all = append(all, e)
		if !gone && (len(all) <= mostFrames || time.Since(drawn) >= frame) {
			draw(all)
		}
	}
	if draw(all); gone {
		return
	}
	end := b.outcome(sc, all, want.Lang)
	if err != nil {
		end["error"] = err.Error()
	} else {
		end["below"] = sc.Below(all, want.Lang)
	}
	if out.send(end) == nil && want.Slug == restart && err == nil {
		countdown(out, all, want.Lang)
	}
}

// picture is a ladder for a page: its rules stand in the page's style sheet,
// since the page allows none in itself.
func picture(ev []ladder.Event, l lang.Lang) (string, error) {
	var out strings.Builder
	err := ladder.SVGCalls(&out, ev, l)
	return strings.Replace(out.String(), "<style>"+ladder.SVGStyle+"</style>\n", "", 1), err
}

// question is what is asked before the scene; nil where nothing is.
func question(sc scenes.Scene, l lang.Lang) any {
	if sc.Ask == nil {
		return nil
	}
	var answers []string
	for _, a := range sc.Ask.Answers {
		answers = append(answers, a.In(l))
	}
	return map[string]any{"text": sc.Ask.In(l), "answers": answers}
}

// call is what a click on a call shows.
type call struct {
	Text, Bytes, Where, Code string
}

// mostCalls are explained; of more, the others are the same again.
const mostCalls = 400

// outcome is what a page gets when a scene is over: the answers that are
// right, whether the last Listen got its port, and each call by its Seq.
func (b *book) outcome(sc scenes.Scene, ev []ladder.Event, l lang.Lang) map[string]any {
	calls, right := map[int]call{}, []int{}
	lines := map[string]string{}
	for _, e := range ev {
		if e.Kind == ladder.Note || e.Kind == ladder.Scene || len(calls) == mostCalls {
			continue
		}
		who := strings.NewReplacer("server", l.Pick("server", "服务端"), "client", l.Pick("client", "客户端")).Replace(e.Who)
		c := call{Text: strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", who, e.Kind.Verb(), e.Message)), " "), Bytes: hex.Dump(e.Head)}
		if e.N > 0 {
			c.Text += fmt.Sprintf(", %d B", e.N)
		}
		if e.Took > time.Microsecond {
			c.Text += fmt.Sprintf(l.Pick(", took %v", "，用了 %v"), e.Took.Round(time.Microsecond))
		}
		if len(e.Head) < e.N {
			c.Bytes += fmt.Sprintf(l.Pick("and %d more bytes\n", "后面还有 %d 个字节\n"), e.N-len(e.Head))
		}
		if file, line, known := strings.Cut(e.Code, ":"); known {
			if _, read := lines[e.Code]; !read {
				lines[e.Code] = b.around(file, line)
			}
			c.Where, c.Code = file+".html#L"+line, lines[e.Code]
		}
		calls[e.Seq] = c
	}
	if sc.Ask != nil {
		right, _ = sc.Ask.Judge(ev)
	}
	_, bound := listened(ev)
	return map[string]any{"end": true, "right": right, "bound": bound, "calls": calls}
}

// countdown tells how long the scene's TIME_WAIT lasts, and at which end.
func countdown(out events, ev []ladder.Event, l lang.Lang) {
	addr, bound := listened(ev)
	for seen := false; ; seen = true {
		sockets, err := reuseaddr.Sockets(addr.Port())
		i := slices.IndexFunc(sockets, func(s reuseaddr.Socket) bool {
			return s.State == reuseaddr.TimeWait && (s.Local == addr || s.Remote == addr)
		})
		text := ""
		switch {
		case err != nil || i < 0 && !seen:
			return // nobody can see it, or there is none
		case i < 0 && bound:
			text = l.Pick("TIME_WAIT is over.", "TIME_WAIT 结束了。")
		case i < 0:
			ln, err := net.Listen("tcp", addr.String())
			if err != nil {
				text = err.Error()
				break
			}
			ln.Close()
			text = l.Pick("TIME_WAIT is over, and Listen succeeds again.", "TIME_WAIT 结束了，Listen 又成功了。")
		case sockets[i].Local != addr:
			text = fmt.Sprintf(l.Pick("TIME_WAIT at the client, port %d, for another %.0f s: in no server's way", "客户端（端口 %d）的 TIME_WAIT 还有 %.0f 秒：不妨碍服务端"), sockets[i].Local.Port(), sockets[i].Left.Seconds())
		case bound:
			text = fmt.Sprintf(l.Pick("TIME_WAIT at the server, port %d, for another %.0f s: in nobody's way, since both listeners have SO_REUSEADDR", "服务端（端口 %d）的 TIME_WAIT 还有 %.0f 秒：不碍事，因为新旧两个监听套接字都有 SO_REUSEADDR"), addr.Port(), sockets[i].Left.Seconds())
		default:
			text = fmt.Sprintf(l.Pick("TIME_WAIT at the server, port %d, for another %.0f s: until then the port is taken", "服务端（端口 %d）的 TIME_WAIT 还有 %.0f 秒：在这之前端口一直被占着"), addr.Port(), sockets[i].Left.Seconds())
		}
		if out.send(map[string]string{"wait": text}) != nil || i < 0 || out.pause() != nil {
			return
		}
	}
}

// listened is where a scene's last Listen was, and whether it got its port.
func listened(ev []ladder.Event) (addr netip.AddrPort, bound bool) {
	for _, e := range ev {
		if e.Kind == ladder.Listen {
			addr, _ = netip.ParseAddrPort(e.Local)
			bound = e.Err == ""
		}
	}
	return addr, bound
}
