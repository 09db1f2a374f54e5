// Drill runs the exercises of the course and proves that their tests are
// strong.
//
//	go run ./docs/drill [flags] [COMMAND] [NAME…]
//
// -h lists the commands, each with exercises by NAME (ask) or path (01-basic/ask),
// all of them where none is named.
//
// With -class DIR, it grades every checkout in a folder, or the one that the
// folder is, with this checkout's tests. It runs what is in those checkouts:
// do so where it can do no harm.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fatih/color"
	"golang.org/x/term"

	"example.com/dialtone/docs/internal/lang"
)

// drill is one run of the command.
type drill struct {
	lang.Lang
	in       io.Reader
	out, err io.Writer
	width    int // columns of out
	terminal bool
	course   *course

	pristine     bool
	class, csv   string
	junit        string
	gradescope   string
	before, keep bool
	json         bool
	limit        time.Duration
	reps, nth    int // of a proof; of a hint, 0 for the next
	race         bool
	hints        string // where the place among the hints is kept, and the scores of the quiz
}

// usageError is the caller's mistake: exit status 2.
type usageError struct{ error }

// errSilent is a failure that has been told already.
var errSilent = errors.New("")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once
	d := &drill{in: os.Stdin, out: os.Stdout, err: os.Stderr, width: 80, race: true, reps: 10}
	if d.terminal = term.IsTerminal(int(os.Stdout.Fd())); d.terminal {
		d.out = color.Output
		if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w >= 40 {
			d.width = w
		}
	}
	if cache, err := os.UserCacheDir(); err == nil {
		d.hints = cache
	}
	os.Exit(d.main(ctx, os.Args[1:]))
}

func (d *drill) main(ctx context.Context, args []string) int {
	err := d.run(ctx, args)
	var usage usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(d.err, "drill: %v\n", err)
		return 2
	case ctx.Err() != nil:
		return 130
	}
	if err != errSilent {
		fmt.Fprintf(d.err, "drill: %v\n", err)
	}
	return 1
}

func (d *drill) run(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("drill", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	speak := lang.Flag(fs)
	d.Lang = *speak // from the locale, for -h
	dir := fs.String("C", ".", d.Pick("`DIR` inside the checkout to work on", "在 `DIR` 所在的课程目录里工作"))
	fs.StringVar(&d.class, "class", "", d.Pick("grade every checkout in `DIR`, or DIR itself, with this checkout's tests", "用本目录的测试，评判 `DIR` 里的每一份作业，或者 DIR 这一份"))
	fs.StringVar(&d.csv, "csv", "", d.Pick("with -class: write the table to `FILE` as CSV as well", "与 -class 同用：把表格另存为 CSV 文件 `FILE`"))
	fs.StringVar(&d.junit, "junit", "", d.Pick("with -class: write the grades to `FILE` as JUnit XML as well", "与 -class 同用：把成绩另存为 JUnit XML 文件 `FILE`"))
	fs.StringVar(&d.gradescope, "gradescope", "", d.Pick("with -class and one checkout: write Gradescope's results.json to `FILE`", "与 -class 同用，只有一份作业时：把 Gradescope 的 results.json 写到 `FILE`"))
	fs.DurationVar(&d.limit, "limit", time.Minute, d.Pick("with -class: how long one checkout may take", "与 -class 同用：每份作业最多用多长时间"))
	fs.BoolVar(&d.pristine, "pristine", os.Getenv("CI") != "", d.Pick("prove: an exercise that has been begun here is an error", "prove：本目录里已经开始的练习算作错误"))
	fs.BoolVar(&d.before, "before", false, d.Pick("quiz: take it as before the course once more", "quiz：重新算作课前"))
	fs.BoolVar(&d.keep, "keep", false, d.Pick("quiz: write the scores to quiz.txt in the course's folder too, for a teacher", "quiz：把分数另存到课程目录的 quiz.txt，可以交给老师"))
	fs.BoolVar(&d.json, "json", false, d.Pick("status, task: as JSON for other programs, a line each", "status、task：输出 JSON，每个练习一行，供其他程序使用"))
	fs.IntVar(&d.width, "width", d.width, d.Pick("columns to draw in", "显示宽度（列数）"))

	// Flags may stand before, between and after the words.
	var words []string
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			d.usage(fs)
			return err
		} else if err != nil {
			return usageError{err}
		}
		if fs.NArg() == 0 {
			break
		}
		words = append(words, fs.Arg(0))
		args = fs.Args()[1:]
	}
	d.Lang = *speak
	name := "status"
	if len(words) > 0 && (d.class == "" || words[0] == name) { // with -class there is nothing else
		name, words = words[0], words[1:]
	}
	for _, wrong := range []struct {
		is  bool
		why string
	}{
		{d.width < 40, fmt.Sprintf("-width %d: want 40 or more", d.width)},
		{d.limit <= 0, fmt.Sprintf("-limit %v: want more than 0", d.limit)},
		{d.csv+d.junit+d.gradescope != "" && d.class == "", "-csv, -junit and -gradescope go with -class DIR"},
		{(d.before || d.keep) && name != "quiz", "-before and -keep go with quiz"},
		{d.json && (name != "status" && name != "task" || d.class != ""), "-json goes with status and task, without -class"},
	} {
		if wrong.is {
			return usageError{errors.New(wrong.why)}
		}
	}
	if name == "hint" && len(words) == 2 {
		var err error
		if d.nth, err = strconv.Atoi(words[1]); err != nil || d.nth < 1 || d.nth > 3 {
			return usageError{fmt.Errorf("hint %s: want 1, 2 or 3", words[1])}
		}
		words = words[:1]
	}
	all := d.commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		var names []string
		for _, c := range all {
			names = append(names, c.name)
		}
		return usageError{fmt.Errorf("no command %q; there are %s", name, strings.Join(names, ", "))}
	}
	var err error
	if d.course, err = findCourse(*dir); err != nil {
		return err
	}
	var but []string
	if d.class != "" {
		but = []string{"step"} // they are the students' own
	}
	chosen, err := d.course.choose(words, but...)
	if err != nil {
		return usageError{err}
	}
	if len(words) == 0 && all[i].of != "" {
		return usageError{fmt.Errorf("%s what? Name an exercise: %s", name, d.course.names())}
	}
	return all[i].do(ctx, chosen)
}

// command is what drill does, to the exercises that were named or to all.
type command struct {
	name, of string // of: it wants a NAME
	en, zh   string
	do       func(context.Context, []*exercise) error
}

func (d *drill) commands() []command {
	return []command{
		{"status", "", "what is done, failing, not begun, and what comes next (the default)", "已完成、未通过、未开始的练习，以及下一个（默认）", d.status},
		{"task", " NAME", "the whole task", "完整的题目", d.tasks},
		{"watch", "", "status again whenever a file is saved; Ctrl-C ends it", "每次保存文件后重新评判；按 Ctrl-C 结束", d.watch},
		{"hint", " NAME", "the next hint; hint NAME 2 gives the second", "下一条提示；hint NAME 2 给出第二条", one(d.hint)},
		{"draw", " NAME", "the connections of your answer, once it passes, as a ladder", "答案通过后，把它的连接画成梯形图", d.draw},
		{"answer", " NAME", "the solution beside your code", "参考答案和你的代码对照", one(d.answer)},
		{"reset", " NAME", "the stub again; your work is kept in a named backup", "恢复成初始代码；你的代码另存为备份", one(d.reset)},
		{"quiz", "", "twenty questions, before and after the course", "二十道题，课前课后各做一遍", d.quiz},
		{"prove", "", "solutions pass, wrong answers are rejected, stubs are skipped", "参考答案通过，错误答案被拒，初始代码被跳过", d.prove},
		{"mutate", "", "how many mechanical mutations of the solutions the tests reject", "机械地改坏参考答案，看测试能发现多少", d.mutate},
	}
}

// one makes a command of what is done to each of the named exercises.
func one(f func(*exercise) error) func(context.Context, []*exercise) error {
	return func(_ context.Context, es []*exercise) error {
		for _, e := range es {
			if err := f(e); err != nil {
				return err
			}
		}
		return nil
	}
}

func (d *drill) usage(fs *flag.FlagSet) {
	fmt.Fprint(d.out, d.Pick("usage: go run ./docs/drill [flags] [COMMAND] [NAME…]\n\n", "用法：go run ./docs/drill [选项] [命令] [练习名…]\n\n"))
	for _, c := range d.commands() {
		fmt.Fprintf(d.out, "  %-12s %s\n", c.name+c.of, d.Pick(c.en, c.zh))
	}
	fmt.Fprintln(d.out)
	fs.SetOutput(d.out)
	fs.PrintDefaults()
}

// say prints a line in the reader's language.
func (d *drill) say(en, zh string, a ...any) {
	fmt.Fprintf(d.out, d.Pick(en, zh)+"\n", a...)
}

var (
	good  = color.New(color.FgGreen).SprintFunc()
	bad   = color.New(color.FgRed).SprintFunc()
	faint = color.New(color.FgHiBlack).SprintFunc()
	bold  = color.New(color.Bold).SprintFunc()
)
