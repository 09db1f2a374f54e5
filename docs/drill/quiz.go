package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/dialtone/docs/internal/ask"
)

// problem is a question of the page docs/questions.md: its text with the
// numbered choices, how many there are, which is right, and why.
type problem struct {
	title, text, why string
	choices, right   int
}

var (
	problems  = regexp.MustCompile(`(?s)\n## (\d+\. .+?)\n\n(.+?)\n\n<details>.*?</summary>\n\n\*\*(\d)\.?\*\*(.+?)\n\n</details>`)
	choice    = regexp.MustCompile(`(?m)^(\d)\. `)
	scoreLine = "before %d of %d, after %d\n" // after is -1 until there is one
)

// scores are what the quiz keeps.
type scores struct{ before, of, after int }

func readScores(file string) (s scores, ok bool) {
	text, err := os.ReadFile(file)
	if err == nil {
		_, err = fmt.Sscanf(string(text), scoreLine, &s.before, &s.of, &s.after)
	}
	return s, err == nil && s.before >= 0 && s.before <= s.of && s.after >= -1 && s.after <= s.of && s.of > 0
}

// state is a file in the user's cache for what is kept about a folder.
func (d *drill) state(kind, dir string) string {
	return filepath.Join(d.hints, "dialtone", kind, fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:16])
}

// quiz asks the questions of the page, in the reader's language, and keeps
// how many answers were right: the first time before the course, then after.
func (d *drill) quiz(ctx context.Context, _ []*exercise) error {
	page := filepath.Join("docs", d.Pick("questions.md", "questions.zh-CN.md"))
	text, err := os.ReadFile(filepath.Join(d.course.root, page))
	if err != nil {
		return err
	}
	var all []problem
	for _, m := range problems.FindAllStringSubmatch(string(unix(text)), -1) {
		p := problem{title: m[1], text: strings.ReplaceAll(m[2], "`", ""), why: strings.ReplaceAll(strings.TrimLeft(m[4], "： "), "`", "")}
		fmt.Sscan(m[3], &p.right)
		p.choices = len(choice.FindAllString(p.text, -1))
		all = append(all, p)
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: no questions in it", page)
	}
	file := d.state("quiz", d.course.root)
	s, again := readScores(file)
	again = again && !d.before
	keyboard := ask.Keyboard{Lang: d.Lang, In: bufio.NewReader(d.in), Out: d.out}
	var missed []problem
	for _, p := range all {
		fmt.Fprintf(d.out, "\n%s\n%s\n", bold(p.title), wrap(choice.ReplaceAllString(p.text, "$1) "), min(d.width, 100)))
		n, err := keyboard.Number(ctx, d.Pick("Your answer (Enter: I do not know) > ", "你的答案（直接回车：不知道）> "), p.choices)
		if err != nil {
			fmt.Fprintln(d.out)
			return errors.New(d.Pick("the quiz was not finished: nothing is kept", "没有做完，不记分"))
		}
		if n != p.right {
			missed = append(missed, p)
		}
	}
	right := len(all) - len(missed)
	if again {
		s.after = right
	} else {
		s = scores{right, len(all), -1}
	}
	fmt.Fprintln(d.out)
	d.say("Before the course: %d of %d", "课前：%d / %d", s.before, s.of)
	if again {
		d.say("After it: %d of %d", "课后：%d / %d", s.after, len(all))
		for _, p := range missed {
			fmt.Fprintf(d.out, "\n%s\n%s\n", bold(p.title), wrap(fmt.Sprintf("%d) %s", p.right, join(p.why)), min(d.width, 100)))
		}
	} else {
		d.say("The answers come the second time, after the course; they stand in %s too.", "第二次（课后）才公布答案；%s 里也有。", page)
	}
	line := fmt.Appendf(nil, scoreLine, s.before, s.of, s.after)
	if d.keep {
		err = os.WriteFile(filepath.Join(d.course.root, "quiz.txt"), line, 0o644)
	}
	if d.hints != "" {
		err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, line, 0o600))
	}
	return err
}

// gain is what a class has learned, of those who kept both scores.
func (d *drill) gain(class []*checkout) {
	n, before, after := 0, 0.0, 0.0
	for _, c := range class {
		if s, ok := c.quiz(); ok && s.after >= 0 {
			n, before, after = n+1, before+float64(s.before)/float64(s.of), after+float64(s.after)/float64(s.of)
		}
	}
	if n > 0 {
		before, after = 100*before/float64(n), 100*after/float64(n)
		d.say("quiz: %d of %d kept both scores: %.0f %% right before the course, %.0f %% after: %+.0f", "测验：%d / %d 人留下了两次分数：课前答对 %.0f%%，课后 %.0f%%，%+.0f",
			n, len(class), before, after, after-before)
	}
}

// quiz is what the student kept of it.
func (c *checkout) quiz() (scores, bool) { return readScores(filepath.Join(c.root, "quiz.txt")) }
