// Package scenes has the scenes of each lesson: they run the lesson's own
// code on ephemeral ports, record what both ends do, and draw it as a ladder
// while it happens. The command docs/play is its [Main].
package scenes

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/fatih/color"
	"golang.org/x/term"

	"example.com/dialtone/docs/catalogue"
	"example.com/dialtone/docs/internal/ask"
	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// Lesson is one lesson's play.
type Lesson struct {
	N     int
	Title Text
	Dir   string                                  // of its chapter
	flags func(fs *flag.FlagSet, say pick) script // registers the lesson's own
}

// pick is in whose language -h speaks.
type pick func(en, zh string) string

// script gives the scenes as a lesson's flags want them, once these are parsed.
type script func(ctx context.Context) ([]Scene, error)

// Lessons are all of them, in order.
func Lessons() []Lesson {
	return []Lesson{
		{1, Text{"One call", "一次通话"}, "01-basic", lesson1},
		{2, Text{"The connection loop and the communication loop", "连接循环与通信循环"}, "02-loops", lesson2},
		{3, Text{"Address already in use", "地址被占用"}, "03-reuseaddr", lesson3},
		{4, Text{"Sticky packets, and where a message ends", "粘包，以及一条消息到哪里为止"}, "04-sticky-packets", lesson4},
		{5, Text{"A header, then a big file", "先发报头，再传大文件"}, "05-file-upload", lesson5},
	}
}

// Scenes are those of the lesson that a picture is drawn of, as its flags
// in args want them: for whoever plays one without the others.
func (l Lesson) Scenes(ctx context.Context, args ...string) ([]Scene, error) {
	fs := flag.NewFlagSet("play", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	scenes := l.flags(fs, lang.English.Pick)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	all, err := scenes(ctx)
	return slices.DeleteFunc(all, func(sc Scene) bool { return sc.act == nil }), err
}

// options are the flags that every lesson takes, before its number or after.
type options struct {
	lang    *lang.Lang
	svg     string
	json    string
	from    string
	figures bool
	predict bool
	pace    time.Duration
	under
}

func (o *options) register(fs *flag.FlagSet) {
	say := o.lang.Pick // in whose language -h speaks
	fs.Var(o.lang, "lang", say("`language` to speak: en or zh", "说哪种`语言`：en 或 zh"))
	fs.StringVar(&o.svg, "svg", o.svg, say("draw the play as a picture into `FILE` too", "另外画成图片，存入`文件`"))
	fs.StringVar(&o.json, "json", o.json, say("keep the recording in `FILE`, as JSON lines", "把录制存入`文件`，每行一个 JSON"))
	fs.DurationVar(&o.pace, "pace", o.pace, say("`time` to wait after each line, such as 500ms: for a class", "每行之后停留的`时间`，例如 500ms：上课用"))
	fs.StringVar(&o.from, "from", o.from, say("draw the recording in `FILE` instead of playing a lesson", "不演示课程，而是画出`文件`里的录制"))
	fs.BoolVar(&o.predict, "predict", o.predict, say("before a scene, ask what will happen; after it, show what did", "每一幕之前先问会发生什么，演完再看答案"))
	fs.BoolVar(&o.figures, "figures", o.figures, say("record the scenes of all lessons, or of those named, into ",
		"把所有课（或指定的课）的每一幕录制到 ")+figuresDir)
	o.under.register(fs, say)
}

// usage is a mistake in how play was called: exit code 2.
type usage Text

func (u usage) Error() string { return u.En }

// Main is the program docs/play.
func Main() {
	// With | head, a Write fails with EPIPE instead of killing the program:
	// it ends in order, without a word.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once
	var out io.Writer = os.Stdout
	colour := term.IsTerminal(int(os.Stdout.Fd())) &&
		os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if colour {
		out = color.Output // on Windows, it turns ANSI on
	}
	var in io.Reader
	if term.IsTerminal(int(os.Stdin.Fd())) {
		in = os.Stdin
	}
	os.Exit(play(ctx, os.Args[1:], in, out, os.Stderr, colour))
}

// play is the program; what it returns is the exit code. With no stdin,
// nobody is there to be asked.
func play(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, colour bool) int {
	l := lang.FromEnv()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &sink{w: stdout, cancel: cancel}
	err := run(inner, args, &options{lang: &l}, stdin, out, colour)
	text, code := "", 1
	var u usage
	var exit catalogue.Exit
	var elsewhere exited
	switch {
	case errors.As(err, &elsewhere):
		return int(elsewhere)
	case out.err == nil && err == nil, errors.Is(out.err, syscall.EPIPE): // whose reader has seen enough
		return 0
	case out.err != nil:
		text = out.err.Error()
	case ctx.Err() != nil:
		return 130
	case errors.As(err, &u):
		text, code = Text(u).In(l), 2
	case errors.As(err, &exit):
		text, code = exit.Error(), exit.Code
	default:
		text = err.Error()
	}
	fmt.Fprintln(stderr, "play:", ladder.Clean(text))
	return code
}

func run(ctx context.Context, args []string, o *options, in io.Reader, out io.Writer, colour bool) error {
	fs, _, err := parse(o, nil, args)
	if err != nil {
		return help(err, out, o)
	}
	onStage := func() *stage { // once all flags are known
		return &stage{ctx: ctx, lang: *o.lang, out: out, pace: o.pace, colour: colour, under: o.under}
	}
	switch {
	case o.predict && (o.figures || o.from != ""):
		return usage{"-predict asks about a lesson that is played", "-predict 只在演示一课时提问"}
	case o.disturbed() && (o.figures || o.from != ""):
		return usage{"-lose, -delay and -cut-after are for a lesson that is played", "-lose、-delay、-cut-after 只用于演示一课"}
	case o.figures:
		chosen, err := choose(fs.Args())
		if err != nil {
			return err
		}
		s := onStage()
		if o.segments {
			if s.tap, err = o.listen(args); err != nil {
				return err
			}
		}
		return s.figures(figuresDir, chosen)
	case o.from != "" && fs.NArg() > 0:
		return usage{"-from draws a recording: leave out the lesson", "-from 用来画一段录制：请去掉课号"}
	case o.from != "":
		ev, err := load(o.from)
		if err != nil {
			return err
		}
		s := onStage()
		return errors.Join(ladder.Draw(s.paced(), ev, s.options()), keep(o, ev))
	case fs.NArg() == 0:
		return usage{"which lesson? try: play 1 (play -h lists the flags)", "演示哪一课？例如：play 1（play -h 列出全部参数）"}
	case fs.Arg(0) == "error" || fs.Arg(0) == "explain":
		return catalogue.Run(*o.lang, fs.Args(), out)
	}

	chosen, err := choose(fs.Args()[:1])
	if err != nil {
		return err
	}
	l := chosen[0]
	own, scenes, err := parse(o, l.flags, fs.Args()[1:])
	if err != nil {
		return help(err, out, o)
	}
	if own.NArg() > 0 {
		return usage{
			fmt.Sprintf("lesson %d takes flags, not %q (play -h lists them)", l.N, own.Arg(0)),
			fmt.Sprintf("第 %d 课只接受参数，不认识 %q（play -h 列出全部参数）", l.N, own.Arg(0)),
		}
	}
	if o.disturbed() && l.N == 3 {
		return usage{"lesson 3 is about the ports of one machine, and nothing is lost there: try lesson 1, 2, 4 or 5", "第 3 课讲的是一台机器上的端口，那里什么也不会丢：请试第 1、2、4、5 课"}
	}
	for _, file := range []string{o.svg, o.json} {
		if err := creatable(file); err != nil {
			return err
		}
	}
	s := onStage()
	if o.segments {
		if s.tap, err = o.listen(args); errors.As(err, new(exited)) {
			return err
		} else if err != nil {
			return s.recorded(l, o, err)
		}
	}
	switch {
	case o.predict && in == nil:
		s.Say("Nothing is asked: -predict asks on a terminal, and the input is none.", "不提问：-predict 要在终端里问，而这里的输入不是终端。")
	case o.predict:
		s.guesses = &guesses{Keyboard: ask.Keyboard{Lang: s.lang, In: bufio.NewReader(in), Out: out}}
	}
	all, err := scenes(ctx)
	if err != nil {
		return err
	}
	if err := s.perform(l, all); err != nil {
		return err
	}
	return errors.Join(keep(o, s.events()), s.packets())
}

// parse reads the flags of every lesson and, where own is given, a lesson's.
func parse(o *options, own func(*flag.FlagSet, pick) script, args []string) (*flag.FlagSet, script, error) {
	fs := flag.NewFlagSet("play", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o.register(fs)
	var scenes script
	if own != nil {
		scenes = own(fs, o.lang.Pick)
	}
	err := fs.Parse(args)
	switch {
	case err != nil && !errors.Is(err, flag.ErrHelp):
		err = usage{err.Error() + " (play -h lists the flags)", err.Error() + "（play -h 列出全部参数）"}
	case o.pace < 0:
		err = usage{"-pace cannot be negative", "-pace 不能是负数"}
	}
	if err == nil {
		err = o.under.check()
	}
	return fs, scenes, err
}

// choose finds the lessons named; none means all.
func choose(names []string) ([]Lesson, error) {
	lessons := Lessons()
	if len(names) == 0 {
		return lessons, nil
	}
	var chosen []Lesson
	for _, name := range names {
		i := slices.IndexFunc(lessons, func(l Lesson) bool { return name == strconv.Itoa(l.N) })
		if i < 0 {
			return nil, usage{
				fmt.Sprintf("there is no lesson %q to play, only 1 to %d", name, len(lessons)),
				fmt.Sprintf("没有第 %q 课可以演示，只有 1 到 %d", name, len(lessons)),
			}
		}
		chosen = append(chosen, lessons[i])
	}
	return chosen, nil
}

// help prints all flags, where that is what err asks for.
func help(err error, out io.Writer, o *options) error {
	if !errors.Is(err, flag.ErrHelp) {
		return err
	}
	list := func(register func(*flag.FlagSet)) {
		fs := flag.NewFlagSet("play", flag.ContinueOnError)
		fs.SetOutput(out)
		register(fs)
		fs.PrintDefaults()
	}
	say := o.lang.Pick
	fmt.Fprintln(out, say("usage: play [flags] LESSON [flags]", "用法：play [参数] 课号 [参数]"))
	for _, l := range Lessons() {
		fmt.Fprintf(out, "  %d  %s\n", l.N, l.Title.In(*o.lang))
	}
	fmt.Fprintln(out, say("or: play error [NAME]; play explain LINE (docs/errors.md)", "或者：play error [名字]；play explain 报错原文（docs/errors.zh-CN.md）"))
	list(o.register)
	for _, l := range Lessons() {
		fmt.Fprintf(out, say("lesson %d:\n", "第 %d 课：\n"), l.N)
		list(func(fs *flag.FlagSet) { l.flags(fs, say) })
	}
	return nil
}

func load(name string) ([]ladder.Event, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ev, err := ladder.Load(f)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return ev, err
}

// sink remembers the first error of the writer, and then ends the play.
type sink struct {
	w      io.Writer
	err    error
	cancel func()
}

func (s *sink) Write(p []byte) (n int, err error) {
	if s.err == nil {
		if n, s.err = s.w.Write(p); s.err != nil {
			s.cancel()
		}
	}
	return n, s.err
}
