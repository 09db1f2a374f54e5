package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

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

// knob is a number that a reader may change before a play.
type knob struct {
	flag, value, en, zh string
	ok                  *regexp.Regexp
}

var (
	upTo1000 = regexp.MustCompile(`^([1-9]\d{0,2}|1000)$`)
	upTo9999 = regexp.MustCompile(`^[1-9]\d{0,3}$`)
	shortly  = regexp.MustCompile(`^\d{1,2}(ms)?$`)
)

// knobs are those of a scene.
var knobs = map[string][]knob{
	"glued": {
		{"n", "31", "messages", "消息数", upTo1000},
		{"gap", "0ms", "gap", "间隔", shortly},
		{"buf", "1024", "buffer", "缓冲区", upTo9999},
	},
}

// find is the scene of a lesson, set up as the knobs say.
func find(lesson int, slug string, set map[string]string) (scenes.Scene, error) {
	lessons := scenes.Lessons()
	if lesson < 1 || lesson > len(lessons) {
		return scenes.Scene{}, fmt.Errorf("no lesson %d", lesson)
	}
	var args []string
	for name, value := range set {
		i := slices.IndexFunc(knobs[slug], func(k knob) bool { return k.flag == name })
		if i < 0 || !knobs[slug][i].ok.MatchString(value) {
			return scenes.Scene{}, fmt.Errorf("%s: %q is not a number for this scene", name, value)
		}
		if name == "gap" && !strings.HasSuffix(value, "ms") {
			value += "ms"
		}
		args = append(args, "-"+name+"="+value)
	}
	all, err := lessons[lesson-1].Scenes(context.Background(), args...)
	if err != nil {
		return scenes.Scene{}, err
	}
	i := slices.IndexFunc(all, func(sc scenes.Scene) bool { return sc.Slug == slug })
	if i < 0 {
		return scenes.Scene{}, fmt.Errorf("lesson %d has no scene %q", lesson, slug)
	}
	return all[i], nil
}

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
		body, kind, err := b.file(name, true)
		if errors.Is(err, fs.ErrNotExist) {
			http.NotFound(w, r)
			return
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Write(body)
	})
	mux.HandleFunc("GET /changes", b.changes)
	mux.HandleFunc("POST /play", b.play)
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
	ctl *http.ResponseController
}

func stream(w http.ResponseWriter) events {
	w.Header().Set("Content-Type", "application/x-ndjson")
	return events{w, http.NewResponseController(w)}
}

func (e events) send(v any) error {
	e.ctl.SetWriteDeadline(time.Now().Add(slowest))
	if err := json.NewEncoder(e.w).Encode(v); err != nil {
		return err
	}
	return e.ctl.Flush()
}

// changes tells when the file of a page is no longer what it was since.
func (b *book) changes(w http.ResponseWriter, r *http.Request) {
	name, since := filepath.FromSlash(r.URL.Query().Get("path")), r.URL.Query().Get("since")
	if _, err := b.root.Stat(name); err != nil {
		http.NotFound(w, r)
		return
	}
	out := stream(w)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for out.send("waiting") == nil {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		if now, err := b.root.Stat(name); err == nil && fmt.Sprint(now.ModTime().UnixNano()) != since {
			out.send("changed")
			return
		}
	}
}

// play runs a scene, and sends its picture as it grows. It ends with the
// scene, or when the reader's page is gone.
func (b *book) play(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Lesson int
		Slug   string
		Lang   lang.Lang
		Set    map[string]string
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Token")), []byte(b.token)) != 1 {
		http.Error(w, "not from a page of this book", http.StatusForbidden)
		return
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&want); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	sc, err := find(want.Lesson, want.Slug, want.Set)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case b.plays <- struct{}{}:
		defer func() { <-b.plays }()
	default:
		http.Error(w, want.Lang.Pick("eight scenes are playing already; wait for one to end", "已经有八幕在演了，等一幕演完再来"), http.StatusTooManyRequests)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	rec := ladder.NewRecorder()
	news := make(chan ladder.Event, 1<<16)
	rec.Watch(func(e ladder.Event) { news <- e })
	ended := make(chan error, 1)
	go func() { ended <- sc.Play(ctx, rec) }()

	out := stream(w)
	draw := func(ev []ladder.Event) error {
		var picture bytes.Buffer
		if err := ladder.SVG(&picture, ev, want.Lang); err != nil {
			return err
		}
		return out.send(map[string]any{"svg": picture.String()})
	}
	var all []ladder.Event
	tick := time.NewTicker(frame)
	defer tick.Stop()
	fresh, over := false, false
	for !over {
		select {
		case e := <-news:
			if all, fresh = append(all, e), true; len(all) > mostFrames {
				continue // till the next tick
			}
		case err = <-ended:
			over = true
		case <-tick.C:
			if !fresh {
				continue
			}
		}
		for over && len(news) > 0 && len(all) < mostFrames {
			if all = append(all, <-news); draw(all) != nil {
				return
			}
		}
		if over {
			all = rec.Events()
		}
		if draw(all) != nil {
			cancel() // the page is gone
			if !over {
				<-ended
			}
			return
		}
		fresh = false
	}
	end := map[string]any{"end": true, "right": []int{}}
	if err != nil {
		end["error"] = err.Error()
	} else if sc.Ask != nil {
		end["right"], _ = sc.Ask.Judge(all)
	}
	out.send(end)
}
