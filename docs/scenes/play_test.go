package scenes

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// TestMain lets the test binary be the program, for the tests that need a
// process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("DIALTONE_PLAY_MAIN") != "" {
		Main()
		return
	}
	goleak.VerifyTestMain(m)
}

// outcome is what a run of play left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

func playing(args ...string) outcome { return playingTo(context.Background(), nil, args...) }

// playingTo is playing with somebody at the keyboard.
func playingTo(ctx context.Context, stdin io.Reader, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := play(ctx, args, stdin, &stdout, &stderr, false)
	return outcome{code, stdout.String(), stderr.String()}
}

// performed is a lesson that has been played.
type performed struct {
	text    string
	scenes  map[string][]ladder.Event
	guesses *guesses
	err     error
}

func perform(t *testing.T, l Lesson, language lang.Lang) (p performed) {
	var out strings.Builder
	s := &stage{ctx: t.Context(), lang: language, out: &out, guesses: typing(strings.Repeat("1\n", 100))}
	scenes, err := l.flags(new(flag.FlagSet), language.Pick)(t.Context())
	p.err = errors.Join(err, s.perform(l, scenes))
	p.text, p.scenes, p.guesses = out.String(), make(map[string][]ladder.Event), s.guesses
	for _, ev := range s.done {
		if p.scenes[ev[0].Slug] != nil {
			p.err = fmt.Errorf("two scenes are called %s", ev[0].Slug)
		}
		p.scenes[ev[0].Slug] = ev
	}
	return p
}

// teaches are what the scenes of a lesson must show.
var teaches = map[int]func(t *testing.T, scenes map[string][]ladder.Event){1: lesson1Teaches, 2: lesson2Teaches}

// TestEveryLessonPlays: each ends by itself, within 80 columns, without colour
// where nobody asked for it; each scene has its titles, and shows what it is
// there for. The plays wait more than they work, so they run at the same time.
func TestEveryLessonPlays(t *testing.T) {
	languages := []lang.Lang{lang.English}
	if os.Getenv("PAGES") == "all" {
		languages = append(languages, lang.Chinese) // make check does that
	}
	for _, l := range Lessons() {
		for _, language := range languages {
			t.Run(fmt.Sprint(l.N, language), func(t *testing.T) {
				t.Parallel()
				got := perform(t, l, language)
				require.NoError(t, got.err)
				require.NotContains(t, got.text, "\x1b")
				require.NotContains(t, got.text, "<nil>", "words.txt has a $name that nobody gives")
				for line := range strings.Lines(got.text) {
					require.LessOrEqual(t, ladder.Width(strings.TrimSuffix(line, "\n")), 80, line)
				}
				require.Contains(t, got.text, l.Title.In(language))
				for slug, ev := range got.scenes {
					require.Equal(t, ladder.Scene, ev[0].Kind)
					require.NotEmpty(t, ev[0].En)
					require.NotEmpty(t, ev[0].Zh)
					require.Greater(t, len(ev), 1, "%s: nothing happens", slug)
				}
				asked(t, l, got)
				if show := teaches[l.N]; show != nil {
					show(t, got.scenes)
				}
			})
		}
	}
}

func lesson1Teaches(t *testing.T, scenes map[string][]ladder.Event) {
	total := 0
	for _, e := range heard("client")(scenes["listen-to-me"]) {
		total += e.N
	}
	require.Equal(t, 341, total)
	require.Len(t, begun("server", ladder.Write)(scenes["listen-to-me"]), 31)
	require.Contains(t, string(heard("client")(scenes["say-something"])[0].Head), "hello")
}

func lesson2Teaches(t *testing.T, scenes map[string][]ladder.Event) {
	require.Empty(t, find(scenes["deadlock"], "server", ladder.Write), "nobody speaks")
	require.Empty(t, find(scenes["deadlock"], "client", ladder.Write))
	// Who waits for whom, by the order of things and not by the clock. With a
	// goroutine per call B need not wait; on a machine that is busy for 0.3 s
	// it may all the same.
	served := scenes["second-caller-served"]
	atOnce := func() bool {
		before, _ := order(heard("client B"), begun("client A", ladder.Close))(served)
		return before[0] == 0
	}
	for range 3 {
		if atOnce() {
			break
		}
		again := perform(t, Lessons()[1], lang.English)
		require.NoError(t, again.err)
		served = again.scenes["second-caller-served"]
	}
	require.True(t, atOnce())
	for slug, want := range map[string]string{"half-close": "EOF", "slam-linger": "ECONNRESET", "silence": "deadline exceeded"} {
		require.Contains(t, failure(find(scenes[slug], "server", ladder.Read)), want, slug)
	}
}

func TestUsage(t *testing.T) {
	recording := filepath.Join(t.TempDir(), "x.jsonl")
	require.NoError(t, os.WriteFile(recording, nil, 0o600))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "which lesson?"},
		{[]string{"explain"}, 2, "explain which line?"},
		{[]string{"error", "nonsense"}, 2, `there is no error "nonsense"`},
		{[]string{"explain", "all", "is", "well"}, 1, "no entry knows this line"},
		{[]string{"0"}, 2, `there is no lesson "0"`},
		{[]string{"lesson-1"}, 2, `there is no lesson "lesson-1"`},
		{[]string{"\x1b[31m"}, 2, `there is no lesson "\x1b[31m"`},
		{[]string{"-colour", "1"}, 2, "-colour"},
		{[]string{"1", "-colour"}, 2, "-colour"},
		{[]string{"1", "2"}, 2, `lesson 1 takes flags, not "2"`},
		{[]string{"-lang", "klingon", "1"}, 2, "want en or zh"},
		{[]string{"-pace", "-1s", "1"}, 2, "-pace"},
		{[]string{"-pace", "slow", "1"}, 2, "-pace"},
		{[]string{"-from", recording, "1"}, 2, "leave out the lesson"},
		{[]string{"-from", "no/such.jsonl"}, 1, "no/such.jsonl"},
		{[]string{"-from", "play_test.go"}, 1, "play_test.go: line 1: not an event"},
		{[]string{"-svg", "no/such/folder.svg", "1"}, 1, "cannot write no/such/folder.svg"},
		{[]string{"1", "-json", t.TempDir()}, 1, "it is a folder"},
		{[]string{"-predict", "-from", recording}, 2, "-predict asks about a lesson"},
		{[]string{"-figures"}, 1, "run it at the top of the repository"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Setenv("LC_ALL", "C")
			got := playing(c.args...)
			require.Equal(t, c.code, got.code, got.stderr)
			require.Contains(t, got.stderr, c.want)
			require.Equal(t, 1, strings.Count(got.stderr, "\n"), "one line: %q", got.stderr)
			require.Empty(t, got.stdout, "nothing is played for it")
		})
	}
	t.Setenv("LC_ALL", "zh_CN.UTF-8")
	require.Contains(t, playing("9").stderr, "没有第", "the locale decides before any flag does")
	require.Contains(t, playing("-lang", "en", "9").stderr, "no lesson")

	help := playing("-h")
	require.Zero(t, help.code)
	require.Contains(t, help.stdout, "-pace")
	require.Contains(t, playing("-lang", "en", "-h").stdout, "usage:")
	require.Contains(t, playing("-h").stdout, "用法：")
	for _, l := range Lessons() {
		fs := new(flag.FlagSet)
		l.flags(fs, lang.Chinese.Pick)
		fs.VisitAll(func(f *flag.Flag) { require.Regexp(t, `\p{Han}`, f.Usage, "lesson %d, -%s", l.N, f.Name) })
	}
}

// TestFiles: -svg and -json leave whole files and nothing else, and -from
// draws what -json kept.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	svg, jsonl := filepath.Join(dir, "a.svg"), filepath.Join(dir, "a.jsonl")
	got := playing("-lang", "zh", "-svg", svg, "1", "-json", jsonl)
	require.Zero(t, got.code, got.stderr)
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, names, 2)
	picture, err := os.ReadFile(svg)
	require.NoError(t, err)
	require.True(t, bytes.HasSuffix(picture, []byte("</svg>\n")))
	require.Contains(t, string(picture), "服务端")
	if runtime.GOOS != "windows" {
		info, err := os.Stat(svg)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "others may read it")
	}

	again := playing("-lang", "zh", "-from", jsonl)
	require.Zero(t, again.code, again.stderr)
	for _, want := range []string{"听我说", "没有人在听", "ECONNREFUSED"} {
		require.Contains(t, again.stdout, want)
	}
}

// TestNeverAPartialFile: a file that cannot be finished does not replace the
// one that was there.
func TestNeverAPartialFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "kept")
	require.NoError(t, os.WriteFile(name, []byte("the old one"), 0o600))
	err := create(name, func(w io.Writer) error {
		io.WriteString(w, "half of the new")
		return errors.New("disk full")
	})
	require.ErrorContains(t, err, "cannot write "+name+": disk full")
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "the old one", string(got))
	names, err := os.ReadDir(filepath.Dir(name))
	require.NoError(t, err)
	require.Len(t, names, 1)
}

// acted is a scene without words.
func acted(act func(context.Context, *ladder.Recorder) error) Scene {
	return Scene{Slug: "x", Title: Text{"X", "X"}, act: act}
}

// TestPace: the drawing waits after each line, the play does not.
func TestPace(t *testing.T) {
	var o bytes.Buffer
	s := &stage{ctx: t.Context(), out: &o, pace: 30 * time.Millisecond}
	began := time.Now()
	err := s.Scene(acted(func(ctx context.Context, r *ladder.Recorder) error {
		for range 10 {
			r.Note("", "a line", "一行")
		}
		return nil
	}))
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 10*s.pace)
	ev := s.played()
	require.Less(t, ev[len(ev)-1].At, 10*s.pace, "the notes were not slowed down")
}

// TestInterruptedScene: when the play is interrupted, whatever a scene waits
// for is closed, and the scene ends.
func TestInterruptedScene(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	s := &stage{ctx: ctx, out: io.Discard}
	var wg sync.WaitGroup
	err := s.Scene(acted(func(_ context.Context, r *ladder.Recorder) error {
		ln, err := phone(r, "server")
		if err != nil {
			return err
		}
		wg.Go(func() { ln.Accept() })
		conn, err := r.Dial(context.Background(), "client", ln.Addr().String())
		if err != nil {
			return err
		}
		interrupt()
		_, err = conn.Read(make([]byte, 1)) // without any deadline
		return err
	}))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, s.Scene(acted(nil)), context.Canceled, "no scene follows")
	wg.Wait()
}

func TestFailingScene(t *testing.T) {
	s := &stage{ctx: t.Context(), out: io.Discard}
	err := s.Scene(acted(func(context.Context, *ladder.Recorder) error { return net.ErrClosed }))
	require.EqualError(t, err, "x: "+net.ErrClosed.Error())
}

func TestTable(t *testing.T) {
	var out strings.Builder
	s := &stage{ctx: t.Context(), out: &out}
	s.Table(Text{"谁,等了", ""}, [][]string{{"客户端 A", "0.30 s"}, {"B", strings.Repeat("很久", 40)}, {"short"}, {"\x1b[31m", "x"}})
	require.Empty(t, cmp.Diff(strings.Join([]string{
		"谁        等了",
		"────────  " + strings.Repeat("─", 69) + "…",
		"客户端 A  0.30 s",
		"B         " + strings.Repeat("很久", 17) + "…",
		"short",
		`\x1b[31m  x`,
		"",
	}, "\n"), out.String()))
}

// started is the play as a process that has printed its first line.
func started(t *testing.T, args ...string) (cmd *exec.Cmd, out io.ReadCloser, stderr *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	cmd, stderr = exec.CommandContext(ctx, os.Args[0], args...), new(bytes.Buffer)
	cmd.Env = append(os.Environ(), "DIALTONE_PLAY_MAIN=1", "LC_ALL=C")
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "Lesson ")
	return cmd, out, stderr
}

// TestPipedIntoHead: whoever reads the play may stop reading.
func TestPipedIntoHead(t *testing.T) {
	cmd, out, stderr := started(t, "-pace", "5ms", "1")
	require.NoError(t, out.Close())
	err := cmd.Wait()
	require.NotContains(t, stderr.String(), "panic")
	if runtime.GOOS != "windows" { // which has another name for EPIPE
		require.NoError(t, err)
		require.Empty(t, stderr.String())
	}
}

// TestCtrlC: exit code 130, no message, and no file under its name.
func TestCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send Ctrl-C to one process")
	}
	dir := t.TempDir()
	cmd, out, stderr := started(t, "-pace", "10s", "-svg", filepath.Join(dir, "a.svg"), "2")
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	io.Copy(io.Discard, out)
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	require.Equal(t, 130, exit.ExitCode())
	require.Empty(t, stderr.String())
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, names, "nothing is left behind")
}
