package ladder

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"example.com/dialtone/docs/internal/lang"
)

const (
	clientAddr = "127.0.0.1:53122"
	serverAddr = "127.0.0.1:41231"
)

// script gives events their numbers, and times a millisecond apart unless
// they have their own.
func script(ev ...Event) []Event {
	var at time.Duration
	for i := range ev {
		ev[i].Seq = i + 1
		at = max(at+time.Millisecond, ev[i].At)
		ev[i].At = at
	}
	return ev
}

func by(who string, k Kind) Event {
	e := Event{Kind: k, Who: who, Local: clientAddr, Remote: serverAddr}
	if sideOf(who) == right {
		e.Local, e.Remote = serverAddr, clientAddr
	}
	return e
}

func moved(who string, k Kind, text string) Event {
	e := by(who, k)
	e.N, e.Head = len(text), head([]byte(text))
	return e
}

func failed(e Event, err string) Event {
	e.Err = err
	return e
}

func oneCall() []Event {
	ev := []Event{
		{Kind: Scene, Slug: "x", En: "Listen to me", Zh: "听我说"},
		{Kind: Listen, Who: "server", Local: serverAddr},
		by("client", Dial), by("server", Accept),
	}
	for range 31 {
		ev = append(ev, moved("server", Write, "hello baby~"))
	}
	late := moved("client", Read, strings.Repeat("hello baby~", 31))
	late.At, late.Took = 300*time.Millisecond, 290*time.Millisecond
	ev = append(ev, by("server", Close), Event{Kind: Off, Who: "server", Local: serverAddr}, late,
		failed(by("client", Read), "EOF"), Event{Kind: Note, En: "31 Writes, one Read", Zh: "写了 31 次，读了一次"},
		by("client", Close), Event{Kind: Dial, Who: "client", Remote: serverAddr, Err: "ECONNREFUSED"})
	return script(ev...)
}

func TestDraw(t *testing.T) {
	var got strings.Builder
	require.NoError(t, Draw(&got, oneCall(), Options{}))
	require.Empty(t, cmp.Diff(`Listen to me
   client                                                              server
    │       127.0.0.1:41231  buy a phone, insert the SIM, power on  Listen │
    │ Dial    dial  127.0.0.1:41231 ──────────────────────────────────────▶│
    │                                     127.0.0.1:53122  pick up  Accept │
    │◀────────────────────────────── "hello baby~" 11 B ×31  speak   Write │
    │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ hang up   Close │
    │                                                   switch off   Close │
    ┊                         · · ·  0.26 s  · · ·                         ┊
    │ Read    listen  "hello …" 341 B  31 Writes in one Read  after 0.29 s │
    │ Read    listen  EOF: the other side has hung up                      │
    │                         31 Writes, one Read                          │
    │ Close   hang up ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│
    │ Dial    dial  127.0.0.1:41231 ─────✗ ECONNREFUSED: that phone is off │
`, got.String()))
	got.Reset()
	require.NoError(t, Draw(&got, oneCall(), Options{Lang: lang.Chinese}))
	require.Contains(t, got.String(), `
    │ Read    听  "hello …" 341 B  31 次 Write 并成一次 Read  等了 0.29 秒 │
    │ Read    听  EOF：对方挂断了                                          │
`)
}

// TestDrawOnly: a few lines, as they stand in the whole: of 31 equal Writes
// any one stands for the row.
func TestDrawOnly(t *testing.T) {
	var whole, got strings.Builder
	require.NoError(t, Draw(&whole, oneCall(), Options{}))
	require.NoError(t, Draw(&got, oneCall(), Options{Only: []int{20}}))
	lines := strings.SplitAfter(whole.String(), "\n")
	require.Equal(t, lines[1]+lines[5], got.String())
}

// TestSeveralClients: each has its tag, on the server's side too.
func TestSeveralClients(t *testing.T) {
	const other = "127.0.0.1:53999"
	b := func(e Event) Event {
		if e.Local == clientAddr {
			e.Local = other
		} else {
			e.Remote = other
		}
		return e
	}
	ev := script(
		by("client A", Dial), b(by("client B", Dial)), by("server", Accept), b(by("server", Accept)),
		moved("server", Write, "to A"), b(moved("server", Write, "to A")), moved("client A", Read, "to A"))
	var got strings.Builder
	require.NoError(t, Draw(&got, ev, Options{}))
	var tags []string
	for line := range strings.Lines(got.String()) {
		line = strings.TrimRight(line, "\n")
		if first, after := strings.Index(line, "│"), strings.LastIndex(line, "│"); first > 0 {
			tags = append(tags, strings.TrimSpace(line[:first])+"|"+strings.TrimSpace(line[after+len("│"):]))
		}
	}
	require.Empty(t, cmp.Diff([]string{"A|", "B|", "|A", "|B", "|A", "|B", "A|"}, tags),
		"equal Writes to different callers are not one")
}

// lastRemark is what a drawing says about the last of the events.
func lastRemark(ev []Event, wired bool) string {
	s := scribe{lang: lang.English, wired: wired}
	var last row
	for _, e := range script(ev...) {
		last, _ = s.row(e)
	}
	return last.remark
}

// TestRemarks: what a drawing says about a Read or a Close, from the bytes
// that were counted.
func TestRemarks(t *testing.T) {
	chunk := func(who string, k Kind, n int) Event { return moved(who, k, strings.Repeat("x", n)) }
	w := func(n int) Event { return chunk("client", Write, n) }
	r := func(n int) Event { return chunk("server", Read, n) }
	for _, c := range []struct {
		name string
		ev   []Event
		want string
	}{
		{"one of one", []Event{w(10), r(10)}, ""},
		{"three in one", []Event{w(10), w(5), w(1), r(16)}, "3 Writes in one Read"},
		{"a part", []Event{w(10), r(4)}, "part of a Write"},
		{"the rest of it", []Event{w(10), r(4), r(6)}, "part of a Write"},
		{"the middle of it", []Event{w(10), r(4), r(2)}, "part of a Write"},
		{"two parts", []Event{w(10), w(10), r(4), r(10)}, "parts of two Writes"},
		{"whole and part", []Event{w(10), w(10), w(10), r(25)}, "2 whole Writes and a part"},
		{"whole and two parts", []Event{w(10), w(10), w(10), r(5), r(20)}, "1 whole Write and two parts"},
		{"after the end", []Event{w(10), r(4), r(6), w(3), r(3)}, ""},
		{"nobody recorded the writer", []Event{r(3)}, ""},
		{"a Close with bytes unheard", []Event{w(10), r(4), by("server", Close)}, "6 B never heard"},
		{"a Close with none", []Event{w(10), r(10), by("server", Close)}, ""},
		{"a new call from the same number", []Event{w(10), by("client", Dial), w(3), r(3)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, lastRemark(c.ev, false))
		})
	}
}

// TestBulk: a big transfer is two rows, however Reads and Writes interleave,
// and no byte is lost in the counting.
func TestBulk(t *testing.T) {
	var ev []Event
	for i := range 50 {
		ev = append(ev, moved("client", Write, strings.Repeat("x", 32768)))
		if i%3 == 2 {
			ev = append(ev, moved("server", Read, strings.Repeat("x", 60000)), moved("server", Read, strings.Repeat("x", 38304)))
		}
	}
	var got strings.Builder
	require.NoError(t, Draw(&got, script(ev...), Options{}))
	require.Contains(t, got.String(), "1638400 B in 50 Writes")
	require.Contains(t, got.String(), "1572864 B in 32 Reads")
	require.Len(t, strings.Split(strings.TrimSpace(got.String()), "\n"), 3)
}

// TestPrinterHoldsBackOnlyTheLastLine: drawn as it happens, the lines are
// the same, and Flush shows the last.
func TestPrinterHoldsBackOnlyTheLastLine(t *testing.T) {
	var got strings.Builder
	p := NewPrinter(&got, Options{})
	hello := moved("server", Write, "hello")
	ev := script(hello, hello, hello)
	p.Event(ev[0])
	p.Event(ev[1])
	require.NotContains(t, got.String(), "hello", "it may yet become a ×2")
	require.NoError(t, p.Flush())
	require.Contains(t, got.String(), "×2")
	p.Event(ev[2])
	require.NoError(t, p.Flush())
	require.Equal(t, 2, strings.Count(got.String(), "hello"))
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestErrorsOfTheWriterAreReported(t *testing.T) {
	require.ErrorIs(t, Draw(brokenWriter{}, oneCall(), Options{}), io.ErrClosedPipe)
	require.ErrorIs(t, SVG(brokenWriter{}, oneCall(), lang.English), io.ErrClosedPipe)
	require.ErrorIs(t, Save(brokenWriter{}, oneCall()), io.ErrClosedPipe)
}

func TestColour(t *testing.T) {
	t.Setenv("NO_COLOR", "1") // whoever asks for colour has looked at that
	var with, without strings.Builder
	require.NoError(t, Draw(&with, oneCall(), Options{Colour: true}))
	require.NoError(t, Draw(&without, oneCall(), Options{}))
	require.Contains(t, with.String(), "\x1b[1mEOF: the other side has hung up\x1b[")
	require.NotContains(t, without.String(), "\x1b")
	require.Equal(t, without.String(), regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(with.String(), ""))
}

// anyText is text of the kinds that spoil a drawing.
func anyText(rng *rand.Rand, most int) string {
	odd := []string{"a", "hello ", "你好", "，", "（", "。", "\x1b[31m", "\n", "\r", "\t", "\x00", "\x7f", "\u202e", "\u2066", "\u200b",
		"\xff", "\xe4\xbd", "é", "e\u0301", "👍", "👨\u200d👩\u200d👧", "☎\ufe0f", "🇨🇳", "ﷺ", "שלום", "﷽", "\u3000", "\"", `\`, "<&>", "]]>", "|", "…", "─"}
	var b strings.Builder
	for range rng.IntN(most) {
		b.WriteString(odd[rng.IntN(len(odd))])
	}
	return b.String()
}

// anyEvents is a recording of anything at all.
func anyEvents(rng *rand.Rand) []Event {
	pick := func(s ...string) string { return s[rng.IntN(len(s))] }
	all := append(slices.Sorted(maps.Keys(calls)), Scene, Note, Sent, Sent)
	var ev []Event
	for range rng.IntN(30) {
		e := Event{
			Kind:   all[rng.IntN(len(all))],
			Who:    pick("client", "client A", "client B", "server", "server 2", "", "client "+anyText(rng, 6), anyText(rng, 4)),
			At:     time.Duration(rng.Int64N(int64(300 * time.Millisecond))),
			Took:   time.Duration(rng.Int64N(int64(200 * time.Millisecond))),
			Local:  pick(clientAddr, serverAddr, "", "[2001:db8::1234:5678:9abc:def0%eth0]:65535", anyText(rng, 12)),
			Remote: pick(clientAddr, serverAddr, "", "[2001:db8::1234:5678:9abc:def0%eth0]:65535", anyText(rng, 40)),
			Err:    pick("", "", "EOF", "ECONNRESET", "EPIPE", "ECONNREFUSED", "deadline exceeded", "net.ErrClosed", anyText(rng, 40)),
			N:      rng.IntN(3) * rng.IntN(1<<20),
			En:     anyText(rng, 60), Zh: anyText(rng, 60),
			Pending: rng.IntN(5) == 0, Of: max(rng.IntN(10)-5, 0), Abort: rng.IntN(5) == 0,
		}
		if rng.IntN(3) > 0 {
			e.Head = head([]byte(anyText(rng, 60)))
			e.N = max(e.N, len(e.Head))
		}
		if e.Kind == Sent {
			e.Segment = &Segment{Flags: pick("SYN", "SYN ACK", "ACK", "PSH ACK", "FIN ACK", "RST", anyText(rng, 9)),
				Seq: rng.Uint32N(30), Ack: rng.Uint32N(30), Len: rng.IntN(3) * rng.IntN(1<<17), Window: rng.IntN(3) * 9, Again: rng.IntN(5) == 0, Lost: rng.IntN(5) == 0}
			e.Segment.Flags = strings.ToValidUTF8(e.Segment.Flags, "?")
		}
		ev = append(ev, e)
	}
	for i := range ev {
		e := &ev[i]
		e.Seq = i + 1
		for _, s := range []*string{&e.Who, &e.Local, &e.Remote, &e.Err, &e.En, &e.Zh} {
			*s = strings.ToValidUTF8(*s, "?") // JSON has no other text; payload may be anything
		}
	}
	return ev
}

// safe says why out is not fit for a terminal of that width.
func safe(out string, room int) error {
	if !utf8.ValidString(out) {
		return errors.New("not UTF-8")
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
				return fmt.Errorf("%U in %q", r, line)
			}
		}
		if w := max(columns.StringWidth(line), Width(line)); w > room { // rune by rune, too
			return fmt.Errorf("%d columns in %q", w, line)
		}
	}
	return nil
}

// drawable: on a terminal no line is too wide. A picture is XML, nothing leaves
// the card, no text is wider than its room.
func drawable(t *testing.T, ev []Event) {
	t.Helper()
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		var text, picture bytes.Buffer
		require.NoError(t, Draw(&text, ev, Options{Lang: l}))
		require.NoError(t, safe(text.String(), room))
		require.NoError(t, SVG(&picture, ev, l))
		checkPicture(t, picture.Bytes())
	}
}

func checkPicture(t *testing.T, picture []byte) {
	t.Helper()
	var text strings.Builder
	depth := 0 // inside how many <text>
	dec := xml.NewDecoder(bytes.NewReader(picture))
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		switch tok := tok.(type) {
		case xml.StartElement:
			if tok.Name.Local == "text" {
				depth++
				text.Reset()
			}
			if tok.Name.Local == "script" || tok.Name.Local == "image" {
				t.Fatal("a picture must not load or run anything")
			}
		case xml.CharData:
			if depth > 0 {
				text.Write(tok)
			}
		case xml.EndElement:
			if tok.Name.Local == "text" {
				depth--
				require.NoError(t, safe(text.String(), svgColumns))
			}
		}
	}
}

// Pictures are compared with those that pages show, in docs/scenes.
func TestPicturesFit(t *testing.T) {
	require.LessOrEqual(t, svgWidth, 860.0, "GitHub shows no more at full size")
	require.LessOrEqual(t, svgColumns*em, lifeRight-lifeLeft-2*textInset)
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"一二三四五六", 6, []string{"一二三", "四五六"}},
		{"一二三，四五六", 6, []string{"一二", "三，四", "五六"}},
		{"先 Read，再 Write。", 9, []string{"先 Read，", "再", "Write。"}},
		{"一二“三四”", 5, []string{"一二", "“三", "四”"}},
		{"（一）二", 4, []string{"（一", "）二"}},
		{"abcdefghij", 5, []string{"abcd…"}},
		{"", 10, nil},
	} {
		got := Fold(c.text, c.room)
		for _, line := range got {
			require.LessOrEqual(t, Width(line), c.room)
		}
		if c.text != "（一）二" { // too narrow for the rule to hold: only the width counts
			require.Empty(t, cmp.Diff(c.want, got), c.text)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, c := range []struct {
		p    string
		n    int
		room int
		want string
	}{
		{"hello", 5, 40, `"hello"`},
		{"hello", 500, 40, `"hello…"`},
		{"你好世界", 12, 8, `"你好…"`},
		{"你好世界", 12, 7, `"你好…"`},
		{"你好世界", 12, 6, `"你…"`},
		{"你好", 6, 4, ``},
		{"a\x1b\"\\\n\xff\u202e", 9, 60, `"a\x1b\"\\\n\xff\u{202e}"`},
		{"\xe4\xbd", 2, 40, `"\xe4\xbd"`},
	} {
		require.Equal(t, c.want, quote([]byte(c.p), c.n, c.room), "%q in %d columns", c.p, c.room)
	}
}
