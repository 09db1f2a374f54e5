package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/dialtone/docs/internal/lang"
)

func (d *drill) status(ctx context.Context, es []*exercise) error {
	if d.class != "" {
		return d.gradeClass(ctx, es)
	}
	grades, err := d.course.grade(ctx, es)
	if err != nil {
		return err
	}
	if d.json {
		return d.tell(es, func(e *exercise, t *told) {
			t.State, t.Full = grades[e].state, grades[e].full
			t.Mark, t.Word, t.Rest = d.line(grades[e])
		})
	}
	d.list(es, grades)
	return nil
}

// nextOf is the exercise to try: one that fails before one not begun.
func nextOf(es []*exercise, grades map[*exercise]*grade) *exercise {
	for _, s := range []state{failing, notBegun} {
		for _, e := range es {
			if grades[e].state == s {
				return e
			}
		}
	}
	return nil
}

// list draws the table, the bar and what comes next.
func (d *drill) list(es []*exercise, grades map[*exercise]*grade) {
	next := nextOf(es, grades)
	lesson, complete := "", 0
	for _, e := range es {
		g := grades[e]
		if e.lesson != lesson {
			lesson = e.lesson
			fmt.Fprintln(d.out, bold(lesson))
		}
		style := map[state]func(...any) string{done: good, failing: bad, notBegun: faint}[g.state]
		mark, word, rest := d.line(g)
		if g.state == done {
			complete++
		}
		line := "  " + style(mark) + " " + pad(e.name, 12) + pad(style(word), 11)
		fmt.Fprintln(d.out, strings.TrimRight(line+cut(rest, max(10, d.width-27)), " "))
	}
	fmt.Fprintln(d.out)
	d.bar(complete, len(es))
	switch {
	case next == nil:
		d.say("All done.", "全部完成。")
	case grades[next].state == failing:
		d.say("next: %s is failing; its failure in full: go test ./%s", "下一个：%s 未通过；查看完整的失败信息：go test ./%s", next.name, next.short())
		d.say("      hints: go run ./docs/drill hint %s", "      提示：go run ./docs/drill hint %s", next.name)
	default:
		d.say("next: %s; the task stands in %s", "下一个：%s；题目写在 %s", next.name, next.where())
		d.say("      or say: go run ./docs/drill task %s", "      中文题目：go run ./docs/drill task %s", next.name)
	}
}

// line is what is said of a grade: a mark, the state in the reader's
// language, and more about it.
func (d *drill) line(g *grade) (mark, word, rest string) {
	switch g.state {
	case done:
		return "✓", d.Pick("done", "完成"), ""
	case failing:
		if rest = g.first; g.built {
			rest = fmt.Sprintf("%d/%d  %s", g.passed, len(g.tests), g.first)
		}
		return "✗", d.Pick("failing", "未通过"), rest
	}
	switch g.kind {
	case "step":
		rest = d.Pick("a small step, a few minutes", "小步，几分钟")
	case "hunt":
		rest = d.Pick("a hunt: you write the test", "捉虫：由你来写测试")
	}
	if g.note != "" {
		rest = d.Pick(g.note, "已修改，但仍以 panic(\"not begun\") 结束")
	}
	return "·", d.Pick("not begun", "未开始"), rest
}

// bar is the whole course in a line.
func (d *drill) bar(complete, all int) {
	const size = 40
	full := 0
	if all > 0 {
		full = complete * size / all
	}
	fmt.Fprintf(d.out, "[%s%s] %s\n", good(strings.Repeat("█", full)), faint(strings.Repeat("░", size-full)),
		fmt.Sprintf(d.Pick("%d of %d done", "完成 %d / %d"), complete, all))
}

// asks is what an exercise asks for, and its hints, in the reader's language.
func (d *drill) asks(e *exercise) (task, code string, hints []string, err error) {
	_, task, code, err = e.asks()
	help, errHelp := e.help()
	if d.Lang == lang.Chinese {
		return help.task, code, help.chinese, errors.Join(err, errHelp)
	}
	return task, code, help.hints, errors.Join(err, errHelp)
}

// task prints a task in the reader's language.
func (d *drill) task(e *exercise) error {
	task, code, _, err := d.asks(e)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "%s  %s\n%s\n\n", bold(e.lesson+"/"+e.name), faint(e.where()), code)
	fmt.Fprintln(d.out, wrap(task, min(d.width, 100)))
	return nil
}
