package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// A lesson is a row of the table below.
type lesson struct {
	n      int
	en, zh string
	flags  func(fs *flag.FlagSet) // registers the lesson's own flags; may be nil
	args   string                 // what follows them, such as "[FILE…]"; "" is nothing
	play   func(ctx context.Context, s *stage) error
}

var lessons = []lesson{
	{n: 1, en: "One call", zh: "一次通话", play: lesson1},
	{n: 2, en: "The connection loop and the communication loop", zh: "连接循环与通信循环", play: lesson2},
	{n: 3, en: "Address already in use", zh: "地址被占用", flags: lesson3flags, play: lesson3},
	{n: 4, en: "Sticky packets, and where a message ends", zh: "粘包，以及一条消息到哪里为止", flags: lesson4flags, play: lesson4},
	{n: 5, en: "A header, then a big file", zh: "先报头，再是大文件", flags: lesson5flags, play: lesson5},
}

// options are the flags that every lesson takes, before its number or after.
type options struct {
	lang    *lang.Lang
	svg     string
	json    string
	from    string
	figures bool
	pace    time.Duration
}

func (o *options) register(fs *flag.FlagSet) {
	if o.lang == nil {
		o.lang = new(lang.Lang)
		*o.lang = lang.FromEnv()
	}
	say := o.lang.Pick // in whose language -h speaks
	fs.Var(o.lang, "lang", say("`language` to speak: en or zh", "说哪种`语言`：en 或 zh"))
	fs.StringVar(&o.svg, "svg", o.svg, say("draw the play as a picture into `FILE` too", "另外画成图片，存入`文件`"))
	fs.StringVar(&o.json, "json", o.json, say("keep the recording in `FILE`, as JSON lines", "把录制存入`文件`，每行一个 JSON"))
	fs.DurationVar(&o.pace, "pace", o.pace, say("`time` to wait after each line, such as 500ms: for a class", "每行之后停留的`时间`，例如 500ms：上课用"))
	fs.StringVar(&o.from, "from", o.from, say("draw the recording in `FILE` instead of playing a lesson", "不演示课程，而是画出`文件`里的录制"))
	fs.BoolVar(&o.figures, "figures", o.figures, say("record the scenes of all lessons, or of those named, into ",
		"把所有课（或指定的课）的每一幕录制到 ")+figuresDir)
}

// usage is a mistake in how play was called: exit code 2.
type usage struct{ en, zh string }

func (u usage) Error() string { return u.en }

// play is the program; what it returns is the exit code.
func play(ctx context.Context, args []string, stdout, stderr io.Writer, colour bool) int {
	var o options
	out := newSink(ctx, stdout)
	defer out.cancel()
	err := run(out.ctx, args, &o, out, colour)
	l := lang.FromEnv()
	if o.lang != nil {
		l = *o.lang
	}
	var u usage
	switch {
	case out.err != nil && errors.Is(out.err, syscall.EPIPE):
		return 0 // the reader has seen enough
	case out.err != nil:
		err = out.err
	case ctx.Err() != nil && err != nil:
		return 130
	case errors.As(err, &u):
		fmt.Fprintln(stderr, "play:", ladder.Clean(l.Pick(u.en, u.zh)))
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, "play:", ladder.Clean(err.Error()))
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string, o *options, out io.Writer, colour bool) error {
	fs, err := parse(o, "play", nil, args)
	if errors.Is(err, flag.ErrHelp) {
		return help(out, o)
	}
	if err != nil {
		return err
	}
	onStage := func(l lesson, fs *flag.FlagSet) *stage {
		return &stage{ctx: ctx, lesson: l.n, lang: *o.lang, out: out, pace: o.pace, colour: colour,
			flags: fs, Args: fs.Args()}
	}
	switch {
	case o.figures:
		chosen, err := choose(fs.Args())
		if err != nil {
			return err
		}
		return figures(figuresDir, chosen, out, func(l lesson) *stage {
			own, _ := parse(o, "play", l.flags, nil)
			return onStage(l, own)
		})
	case o.from != "" && fs.NArg() == 0:
		return redraw(o, onStage(lesson{}, fs))
	case o.from != "":
		return usage{"-from draws a recording: leave out the lesson", "-from 用来画一段录制：请去掉课号"}
	case fs.NArg() == 0:
		return usage{"which lesson? try: play 1 (play -h lists the flags)", "演示哪一课？例如：play 1（play -h 列出全部参数）"}
	}

	chosen, err := choose(fs.Args()[:1])
	if err != nil {
		return err
	}
	l := chosen[0]
	own, err := parse(o, "play", l.flags, fs.Args()[1:])
	if errors.Is(err, flag.ErrHelp) {
		return help(out, o)
	}
	if err != nil {
		return err
	}
	if l.args == "" && own.NArg() > 0 {
		return usage{
			fmt.Sprintf("lesson %d takes flags, not %q (play -h lists them)", l.n, own.Arg(0)),
			fmt.Sprintf("第 %d 课只接受参数，不认识 %q（play -h 列出全部参数）", l.n, own.Arg(0)),
		}
	}
	for _, file := range []string{o.svg, o.json} {
		if err := creatable(file); err != nil {
			return err
		}
	}
	s := onStage(l, own)
	if err := s.perform(l); err != nil {
		return err
	}
	return keep(o, s.events())
}

// parse reads the flags of every lesson and, where own is given, a lesson's.
func parse(o *options, name string, own func(*flag.FlagSet), args []string) (*flag.FlagSet, error) {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o.register(fs)
	if own != nil {
		own(fs)
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return fs, err
		}
		return fs, usage{err.Error() + " (play -h lists the flags)", err.Error() + "（play -h 列出全部参数）"}
	}
	if o.pace < 0 {
		return fs, usage{"-pace cannot be negative", "-pace 不能是负数"}
	}
	return fs, nil
}

// choose finds the lessons named; none means all.
func choose(names []string) ([]lesson, error) {
	if len(names) == 0 {
		return lessons, nil
	}
	var have []string
	for _, l := range lessons {
		have = append(have, strconv.Itoa(l.n))
	}
	var chosen []lesson
	for _, name := range names {
		found := false
		for _, l := range lessons {
			if name == strconv.Itoa(l.n) {
				chosen, found = append(chosen, l), true
			}
		}
		if !found {
			list := strings.Join(have, " ")
			return nil, usage{
				fmt.Sprintf("there is no lesson %q to play, only %s", name, list),
				fmt.Sprintf("没有第 %q 课可以演示，只有 %s", name, list),
			}
		}
	}
	return chosen, nil
}

func help(out io.Writer, o *options) error {
	l := *o.lang
	fmt.Fprintln(out, l.Pick("usage: play [flags] LESSON [flags]", "用法：play [参数] 课号 [参数]"))
	for _, l2 := range lessons {
		fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("  %d  %s  %s", l2.n, l.Pick(l2.en, l2.zh), l2.args), " "))
	}
	all := func(fs *flag.FlagSet) {
		fs.SetOutput(out)
		fs.PrintDefaults()
	}
	fs := flag.NewFlagSet("play", flag.ContinueOnError)
	o.register(fs)
	all(fs)
	for _, l2 := range lessons {
		if l2.flags != nil {
			fmt.Fprintf(out, l.Pick("lesson %d:\n", "第 %d 课：\n"), l2.n)
			fs := flag.NewFlagSet("play", flag.ContinueOnError)
			l2.flags(fs)
			all(fs)
		}
	}
	return nil
}

// redraw draws a recording from a file.
func redraw(o *options, s *stage) error {
	ev, err := load(o.from)
	if err != nil {
		return err
	}
	if err := ladder.Draw(s.paced(), ev, s.options()); err != nil {
		return err
	}
	return keep(o, ev)
}

func load(name string) ([]ladder.Event, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ev, err := ladder.Load(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return ev, nil
}

// sink remembers the first error of the writer, and then ends the play.
type sink struct {
	w      io.Writer
	err    error
	ctx    context.Context
	cancel context.CancelFunc
}

func newSink(ctx context.Context, w io.Writer) *sink {
	s := &sink{w: w}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
		s.cancel()
	}
	return n, err
}
