package scenes

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"example.com/dialtone/docs/ladder"
)

// expected are the segments of each side that carry more than an ACK, in the
// order of RFC 9293, for the scenes in which they can be only these.
var expected = map[string][2]string{
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
	"1-syn-lost":            {"SYN data FIN", "SYN data FIN"}, // what is sent again does not count
	"3-last-ack-lost":       {"SYN FIN", "SYN FIN"},
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
	var sides [2][]string
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
		case g.Again:
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
			}
		}
	}
	if want, ok := expected[name]; ok {
		got := [2]string{counted(sides[0]), counted(sides[1])}
		if d := cmp.Diff(want, got); d != "" {
			return errors.New(name + ":\n" + d)
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
func checkSegments(t *testing.T, lesson int, ev []ladder.Event) (segments int) {
	t.Helper()
	name, from := "", 0
	for i := 0; i <= len(ev); i++ {
		if i == len(ev) || ev[i].Kind == ladder.Scene {
			if i > 0 {
				require.NoError(t, obeys(name, ev[from:i]))
			}
			if i < len(ev) {
				name, from = fmt.Sprintf("%d-%s", lesson, ev[i].Slug), i
			}
		} else if ev[i].Kind == ladder.Sent {
			segments++
		}
	}
	return segments
}

func TestRecordedSegments(t *testing.T) {
	scenes := make(map[string]bool)
	for n := range 5 {
		ev, err := load(filepath.Join("..", "..", segmentsFile(n+1)))
		require.NoError(t, err)
		require.NotZero(t, checkSegments(t, n+1, ev))
		for _, e := range ev {
			scenes[fmt.Sprintf("%d-%s", n+1, e.Slug)] = true
		}
	}
	for name := range expected {
		require.True(t, scenes[name], name)
	}
	for _, name := range pictured {
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
			segments := checkSegments(t, n, ev)
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
