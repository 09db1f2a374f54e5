package scenes

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/docs/ladder"
	"example.com/dialtone/docs/wire"
)

// expected are the segments of each side that carry more than an ACK, in the
// order of RFC 9293, for the scenes in which they can be only these. What is
// sent again does not count. Where there is an exchange, the third are those
// of both: the same fault, the same segments in the same order. What comes
// behind those goes into a cut cable.
var expected = map[string][3]string{
	"1-listen-to-me":        {"SYN FIN", "SYN data×31 FIN"},
	"1-say-something":       {"SYN data FIN", "SYN data FIN"},
	"1-nobody-listens":      {"SYN", "RST"},
	"1-kernel-answers":      {"SYN data FIN", "SYN data FIN"},
	"2-one-caller":          {"SYN data×3 FIN", "SYN data×3 FIN"},
	"2-hang-up":             {"SYN data FIN", "SYN data FIN"},
	"2-half-close":          {"SYN data FIN", "SYN data FIN"},
	"2-slam-unread":         {"SYN data RST", "SYN data"},
	"2-slam-linger":         {"SYN data RST", "SYN data"},
	"2-write-after-hang-up": {"SYN FIN RST", "SYN data"},
	"3-server-first":        {"SYN FIN", "SYN FIN"},
	"3-client-first":        {"SYN FIN", "SYN FIN"},
	"4-glued":               {"SYN FIN", "SYN data×31 FIN"},
	"1-syn-lost":            {2: "→SYN✗ ←SYN →data →FIN ←data ←FIN"},
	"2-cable-pulled":        {2: "→SYN ←SYN →data ←data →data✗"},
	"3-last-ack-lost":       {2: "→SYN ←SYN ←FIN →FIN"},
	"4-full-window":         {2: "→SYN ←SYN →data →FIN ←FIN"},
	"5-segment-lost":        {2: "→SYN ←SYN →data ←data →data →data✗ →data ←data →FIN ←FIN"},
}

// proves are what other scenes must show.
var proves = map[string]func(ev []ladder.Event) bool{
	"4-nagle": func(ev []ladder.Event) bool {
		return len(dataOf(0)(ev)) == 31 && len(dataOf(1)(ev)) < 31
	},
	"4-full-window": func(ev []ladder.Event) bool {
		return slices.ContainsFunc(find(ev, "server", ladder.Sent), func(e ladder.Event) bool { return e.Segment.Window == 0 })
	},
	"5-segment-lost": func(ev []ladder.Event) bool {
		lost := calling("client", ladder.Sent, func(e ladder.Event) bool { return !e.Segment.Lost })(ev)
		return len(lost) == 1 && slices.ContainsFunc(again("client")(ev), func(e ladder.Event) bool { return e.Segment.Seq == lost[0].Segment.Seq })
	},
}

// exchanged are the addresses of the scenes with an exchange.
var exchanged = netip.MustParsePrefix("192.0.2.0/30")

// obeys says what in a scene's segments is against RFC 9293, or not the
// scene's own.
func obeys(name string, ev []ladder.Event) error {
	known := make(map[string]bool)
	for _, e := range ev {
		if e.Kind != ladder.Sent {
			known[e.Local], known[e.Remote] = true, true
		}
	}
	type half struct {
		fin, reset bool
		end        uint32 // behind what was sent
	}
	halves := make(map[string]*half)
	var sides [3][]string
	for _, e := range ev {
		if e.Kind != ladder.Sent {
			continue
		}
		g, from, to := *e.Segment, halves[e.Local+e.Remote], halves[e.Remote+e.Local]
		fail := func(why string) error { return fmt.Errorf("%s, event %d, %s: %s", name, e.Seq, g.Flags, why) }
		addr, err := netip.ParseAddrPort(e.Local)
		syn, fin, rst := strings.Contains(g.Flags, "SYN"), strings.Contains(g.Flags, "FIN"), strings.Contains(g.Flags, "RST")
		switch {
		case err != nil || !addr.Addr().IsLoopback() && !exchanged.Contains(addr.Addr()) || !known[e.Local] && !known[e.Remote]:
			return fail("not of this scene: " + e.Local)
		case g.Again, rst && from != nil && from.fin && to != nil && to.fin: // for what was sent again too late
			continue
		case syn && strings.Contains(g.Flags, "ACK") && (to == nil || g.Ack != 1):
			return fail("answers no SYN")
		case from == nil && !syn && !rst:
			return fail("no SYN before it")
		case from == nil:
			from = &half{}
			halves[e.Local+e.Remote] = from
		case (g.Len > 0 || fin) && (to == nil || g.Ack < 1):
			return fail("data before the handshake")
		case from.fin && (g.Len > 0 || fin):
			return fail("sends after its FIN")
		case from.reset && !rst:
			return fail("sends after its RST")
		case g.Len > 0 && g.Seq != from.end:
			return fail(fmt.Sprintf("a gap: %d after %d", g.Seq, from.end))
		}
		if to != nil && g.Ack > to.end && !rst {
			return fail(fmt.Sprintf("acknowledges %d of %d", g.Ack, to.end))
		}
		from.end = max(from.end, g.Seq+uint32(g.Len))
		if syn || fin {
			from.end++
		}
		from.fin, from.reset = from.fin || fin, from.reset || rst
		side := 0
		if strings.HasPrefix(e.Who, "server") {
			side = 1
		}
		for _, what := range []struct {
			is   bool
			name string
		}{{syn, "SYN"}, {g.Len > 0, "data"}, {fin, "FIN"}, {rst, "RST"}} {
			if what.is {
				sides[side] = append(sides[side], what.name)
				sides[2] = append(sides[2], []string{"→", "←"}[side]+what.name+map[bool]string{true: "✗"}[g.Lost])
			}
		}
	}
	if proved := proves[name]; proved != nil && !proved(ev) {
		return fmt.Errorf("%s does not show what it is for", name)
	}
	got := [3]string{counted(sides[0]), counted(sides[1]), strings.Join(slices.Compact(sides[2]), " ")}
	for i, want := range expected[name] {
		if want != "" && want != got[i] && (i < 2 || !strings.HasPrefix(got[i], want)) {
			return fmt.Errorf("%s: want %s, have %s", name, want, got[i])
		}
	}
	return nil
}

// counted writes equal words in a row as one.
func counted(words []string) string {
	var out []string
	for i, n := 0, 0; i < len(words); i += n {
		for n = 1; i+n < len(words) && words[i+n] == words[i]; n++ {
		}
		word := words[i]
		if n > 1 {
			word = fmt.Sprintf("%s×%d", word, n)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// checkSegments checks each scene of a recording and gives the number of its
// segments.
func checkSegments(t *testing.T, lesson int, ev []ladder.Event) (segments int, scenes map[string][]ladder.Event) {
	t.Helper()
	scenes = make(map[string][]ladder.Event)
	for _, scene := range ladder.Scenes(ev) {
		slug := scene[0].Slug
		require.NoError(t, obeys(fmt.Sprintf("%d-%s", lesson, slug), scene))
		scenes[slug] = scene
		for _, e := range scene {
			if e.Kind == ladder.Sent {
				segments++
			}
		}
	}
	return segments, scenes
}

func TestRecordedSegments(t *testing.T) {
	scenes := make(map[string]bool)
	for n, l := range Lessons() {
		ev, err := load(filepath.Join("..", "..", segmentsFile(n+1)))
		require.NoError(t, err)
		segments, played := checkSegments(t, n+1, ev)
		require.NotZero(t, segments)
		judged(t, l, beneath(l.N), played)
		for _, e := range ev {
			scenes[fmt.Sprintf("%d-%s", n+1, e.Slug)] = true
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(expected)), slices.Collect(maps.Keys(proves)), pictured) {
		require.True(t, scenes[name], name)
	}
	// A check that finds nothing proves nothing.
	ev, err := load(filepath.Join("..", "..", segmentsFile(1)))
	require.NoError(t, err)
	for i := range ev {
		if ev[i].Kind == ladder.Sent && ev[i].Segment.Flags == "SYN" {
			require.ErrorContains(t, obeys("", append(ev[:i:i], ev[i+1:]...)), "answers no SYN")
			ev[i].Local = "192.0.2.9:5"
			require.ErrorContains(t, obeys("", ev), "not of this scene")
			return
		}
	}
	t.Fatal("no SYN")
}

// TestLiveSegments plays where that is allowed. Elsewhere the play says so,
// and shows the recording.
func TestLiveSegments(t *testing.T) {
	for n := 1; n <= 3; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			recording, packets := filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "x.pcap")
			out, err := program(t, fmt.Sprint(n), "-segments", "-json", recording, "-pcap", packets)
			if strings.Contains(out, "nothing can be captured here") {
				require.Error(t, err)
				out, err = program(t, fmt.Sprint(n), "-segments", "-json", recording)
				require.NoError(t, err, out)
				require.Contains(t, out, "Nothing can be captured here")
			} else {
				require.NoError(t, err, out)
			}
			require.Contains(t, out, "├─ SYN  ")
			ev, err := load(recording)
			require.NoError(t, err)
			segments, _ := checkSegments(t, n, ev)
			if strings.Contains(out, "Nothing can be captured here") {
				t.Skip("the recording was shown: ", strings.Split(out, "\n")[0])
			}
			file, err := os.ReadFile(packets)
			require.NoError(t, err)
			for file = file[24:]; len(file) > 0; segments-- {
				file = file[16+binary.LittleEndian.Uint32(file[8:]):]
			}
			require.Zero(t, segments, "the file has the same ones")
		})
	}
}

// TestBeneath plays the scenes with an exchange, where that is allowed.
func TestBeneath(t *testing.T) {
	if !wire.Inside() {
		t.Setenv("GORACE", "atexit_sleep_ms=0")
		code, err := wire.Again("-test.run", "^TestBeneath$", "-test.timeout=60s")
		if err != nil {
			t.Skip("no network of its own for this test: ", err)
		}
		require.Zero(t, code)
		return
	}
	wire.Up(0)
	for _, l := range Lessons() {
		t.Run(fmt.Sprint(l.N), func(t *testing.T) {
			t.Parallel()
			lo, err := wire.Open("lo")
			require.NoError(t, err)
			defer lo.Close()
			s := &stage{ctx: t.Context(), lang: "en", out: io.Discard, tap: &listening{Tap: lo}}
			go s.tap.listen()
			played := make(map[string][]ladder.Event)
			for _, sc := range beneath(l.N) {
				require.NoError(t, s.Scene(sc))
				require.NoError(t, sc.after(s))
				require.NoError(t, obeys(fmt.Sprintf("%d-%s", l.N, sc.Slug), s.played()))
				played[sc.Slug] = s.played()
			}
			judged(t, l, beneath(l.N), played)
		})
	}
}

// TestDisturbed: with the flags, the same fault gives the same segments.
func TestDisturbed(t *testing.T) {
	for _, args := range [][]string{{"-lose", "-1", "1"}, {"-delay", "2s", "1"}, {"-cut-after", "-1s", "1"}, {"-lose", "3", "3"}, {"-lose", "3", "-figures"}} {
		require.Equal(t, 2, playing(args...).code, args)
	}
	require.Equal(t, &wire.Faults{LoseNth: 3, Delay: 2, CutAfter: 1}, (&under{lose: 3, delay: 2, cutAfter: 1}).faults())
	recording := filepath.Join(t.TempDir(), "x.jsonl")
	out, err := program(t, "-lose", "3", "-delay", "10ms", "-json", recording, "1")
	if strings.Contains(out, "there are none here") {
		require.Equal(t, 1, strings.Count(out, "\n"), out)
		t.Skip(out)
	}
	require.NoError(t, err, out)
	ev, err := load(recording)
	require.NoError(t, err)
	_, scenes := checkSegments(t, 0, ev) // not as lesson 1: where many leave at once, some leave together
	for _, slug := range []string{"say-something", "kernel-answers"} {
		scene := scenes[slug]
		require.NoError(t, obeys("1-"+slug, scene))
		lost := calling("client", ladder.Sent, func(e ladder.Event) bool { return !e.Segment.Lost })(scene)
		require.Len(t, lost, 1, slug)
		require.EqualValues(t, 1, lost[0].Segment.Seq, "its first data")
		require.NotEmpty(t, again("client")(scene))
		dial := done("client", ladder.Dial)(scene)[0]
		require.GreaterOrEqual(t, dial.Took, 20*time.Millisecond, "two segments, each held")
	}
}

// program runs the play as a program of its own, at the top of the house.
func program(t *testing.T, args ...string) (string, error) {
	t.Helper()
	me, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), me, append([]string{"-lang", "en"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "DIALTONE_PLAY_MAIN=1", "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestSegmentsWithoutTheMeans(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	var out strings.Builder
	l := Lessons()[0]
	s := &stage{ctx: t.Context(), lang: "en", out: &out}
	require.NoError(t, s.recorded(l, &options{lang: &s.lang}, errors.New("not here")))
	require.True(t, strings.HasPrefix(out.String(), "Nothing can be captured here (not here): a recording.\n"), out.String())
	require.Contains(t, out.String(), "sent by CloseWrite")
	require.ErrorContains(t, s.recorded(l, &options{lang: &s.lang, under: under{pcap: "x"}}, errors.New("not here")), "-pcap: nothing can be captured")
	require.ErrorContains(t, s.recorded(l, &options{lang: &s.lang, under: under{lose: 3}}, errors.New("not here")), "there are none here: not here")
	require.Equal(t, 2, playing("-acks", "1").code)
	require.Equal(t, 2, playing("-segments", "-mss", "100", "1").code)
}

// TestCounts: what the kernel counts stands under the ladder, for anybody.
func TestCounts(t *testing.T) {
	got := playing("-lang", "en", "-counts", "1")
	require.Zero(t, got.code, got.stderr)
	if runtime.GOOS != "linux" {
		require.Contains(t, got.stdout, "No counts here: it takes Linux.")
		t.Skip("no TCP_INFO here")
	}
	if strings.Contains(got.stdout, "No counts here") {
		t.Skip("no TCP_INFO, as in qemu-user")
	}
	require.Regexp(t, `sent 3\d segments, 3[1-9] with data, \d again`, got.stdout)
}
