package scenes

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// Text is a text in both languages.
type Text struct{ En, Zh string }

// In is the text in l.
func (t Text) In(l lang.Lang) string { return l.Pick(t.En, t.Zh) }

// Scene is a part of a lesson that a picture is drawn of.
type Scene struct {
	Slug  string
	Title Text
	Ask   *Question // what to ask before it; may be nil
	act   func(ctx context.Context, r *ladder.Recorder) error
	after func(s *stage) error // what the play says below the picture; may be nil
}

// Play runs the scene and records it with r, which it stops. What the scene
// leaves open is closed when it returns, and at once when ctx is done, so it
// may wait for its connections without asking ctx; it must have waited for
// its goroutines when it returns. A scene ends within 10 s, or is ended.
func (sc Scene) Play(ctx context.Context, r *ladder.Recorder) error {
	outer := ctx
	ctx, cancel := context.WithTimeoutCause(ctx, sceneLimit, errTooLong)
	defer cancel()
	r.Scene(sc.Slug, sc.Title.En, sc.Title.Zh)
	ended := make(chan error, 1)
	go func() { ended <- sc.act(ctx, r) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		r.Stop() // closes everything, which wakes whoever waits
		select {
		case <-ended:
		case <-time.After(time.Second):
		}
		err = context.Cause(ctx)
	}
	r.Stop()
	if err != nil && outer.Err() == nil {
		err = fmt.Errorf("%s: %w", sc.Slug, err)
	}
	return err
}

// Below is what the play says below the picture of the scene, which has just
// been played and recorded as ev; "" where that is nothing.
func (sc Scene) Below(ev []ladder.Event, l lang.Lang) string {
	var out strings.Builder
	if sc.after == nil || sc.after(&stage{ctx: context.Background(), lang: l, out: &out, done: [][]ladder.Event{ev}}) != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

// Question is asked before a scene; what is right, the recording says.
type Question struct {
	Text
	Answers []Text
	judge   judge
	Heading Text // of the chapter: what to read again
}

// Judge gives, from the recording of the scene, the places among Answers of
// those that are right, and the Seqs of the events that show it. Where the
// kernel may do either, both are right.
func (q Question) Judge(ev []ladder.Event) (right, seen []int) {
	right, shown := q.judge(ev)
	for _, e := range shown[:min(4, len(shown))] {
		seen = append(seen, e.Seq)
	}
	return right, seen
}

// A judge says which answers a recording makes right, and where it shows.
type judge func(ev []ladder.Event) (right []int, seen []ladder.Event)

// picks are some events of a recording.
type picks func(ev []ladder.Event) []ladder.Event

func calling(who string, k ladder.Kind, but func(ladder.Event) bool) picks {
	return func(ev []ladder.Event) []ladder.Event { return slices.DeleteFunc(find(ev, who, k), but) }
}

// done are the calls that returned; begun has each where it began.
func done(who string, k ladder.Kind) picks {
	return calling(who, k, func(e ladder.Event) bool { return e.Pending })
}

func begun(who string, k ladder.Kind) picks {
	return calling(who, k, func(e ladder.Event) bool { return e.Of > 0 })
}

// heard are the Reads that brought bytes.
func heard(who string) picks {
	return calling(who, ladder.Read, func(e ladder.Event) bool { return e.N == 0 })
}

// nth is one of them, from 0.
func nth(n int, p picks) picks {
	return func(ev []ladder.Event) []ladder.Event { all := p(ev); return all[min(n, len(all)):min(n+1, len(all))] }
}

// ends asks how the last of the calls ended: each answer has an expression
// for the error's name, "" where there is none.
func ends(p picks, how ...string) judge {
	return func(ev []ladder.Event) (right []int, seen []ladder.Event) {
		all := p(ev)
		seen = all[max(0, len(all)-1):]
		for i, h := range how {
			if right == nil && len(seen) > 0 && regexp.MustCompile("^(WSA)?("+h+")$").MatchString(seen[0].Err) {
				right = []int{i}
			}
		}
		return right, seen
	}
}

// count asks how many of the calls succeeded: the first answer is for fewer
// than the first number, the next for fewer than the second…
func count(p picks, atLeast ...int) judge {
	return func(ev []ladder.Event) (right []int, seen []ladder.Event) {
		good := slices.DeleteFunc(p(ev), func(e ladder.Event) bool { return e.Err != "" })
		i, _ := slices.BinarySearch(atLeast, len(good)+1)
		return []int{i}, p(ev)
	}
}

// order asks how many of the others come before the first of p.
func order(p picks, others ...picks) judge {
	return func(ev []ladder.Event) (right []int, seen []ladder.Event) {
		seen = nth(0, p)(ev)
		before := 0
		for _, o := range others {
			other := nth(0, o)(ev)
			if len(other) > 0 && (len(seen) == 0 || other[0].Seq < seen[0].Seq) {
				before++
			}
			seen = append(seen, other...)
		}
		return []int{before}, seen
	}
}

// says asks which of the words is in what the last Write of who begins with.
func says(who string, words ...string) judge {
	return func(ev []ladder.Event) (right []int, seen []ladder.Event) {
		for _, e := range begun(who, ladder.Write)(ev) {
			i := slices.IndexFunc(words, func(w string) bool { return strings.Contains(string(e.Head), w) })
			if i >= 0 {
				right, seen = []int{i}, []ladder.Event{e}
			}
		}
		return right, seen
	}
}
