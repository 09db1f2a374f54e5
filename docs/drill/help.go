package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/dialtone/docs/ladder"
)

var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

// hint prints the hint asked for, or the next one. Which is next stands in
// the user's cache: to lose it costs nothing but to see the first again.
func (d *drill) hint(e *exercise) error {
	n := d.nth
	_, _, hints, err := d.asks(e)
	if err != nil {
		return err
	}
	file := d.state("hints", e.dir)
	if n == 0 {
		seen, _ := os.ReadFile(file)
		last, _ := strconv.Atoi(strings.TrimSpace(string(seen)))
		n = max(last, 0) + 1
	}
	n = min(n, len(hints))
	if d.hints != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err == nil {
			os.WriteFile(file, []byte(strconv.Itoa(n)), 0o600)
		}
	}
	d.say("%s: hint %d of %d", "%s：提示 %d / %d", bold(e.name), n, len(hints))
	fmt.Fprintf(d.out, "\n%s\n\n", wrap(join(hints[n-1]), min(d.width, 100)))
	if n < len(hints) {
		d.say("The next one: go run ./docs/drill hint %s", "下一条：go run ./docs/drill hint %s", e.name)
	} else {
		d.say("That was the last. The solution, beside your code: go run ./docs/drill answer %s", "这是最后一条。参考答案和你的代码对照：go run ./docs/drill answer %s", e.name)
	}
	return nil
}

// answer shows the solution beside the learner's code.
func (d *drill) answer(e *exercise) error {
	mine, err := os.ReadFile(e.file())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	solution, err := os.ReadFile(e.solution())
	if err != nil {
		return err
	}
	d.say("your %s (left, -), the solution (right, +)", "你的 %s（左，-），参考答案（右，+）", e.where())
	if d.width < 120 && d.terminal {
		defer d.say("(side by side in a terminal of 120 columns or more)", "（终端宽度不少于 120 列时并排显示）")
	}
	for _, c := range diff(lines(mine), lines(solution)) {
		switch {
		case d.width >= 120:
			d.sideBySide(c)
		case c.same:
			fmt.Fprintln(d.out, "  "+strings.Join(c.left, "\n  "))
		default:
			for _, line := range c.left {
				fmt.Fprintln(d.out, bad("- "+line))
			}
			for _, line := range c.right {
				fmt.Fprintln(d.out, good("+ "+line))
			}
		}
	}
	return nil
}

func lines(b []byte) []string {
	s := strings.TrimSuffix(string(unix(b)), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// change is what stands on the left, and on the right in the place of it.
type change struct {
	left, right []string
	same        bool
}

// diff is both texts in pieces: a longest common subsequence; the files are
// short.
func diff(a, b []string) (out []change) {
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		same := i < len(a) && j < len(b) && a[i] == b[j]
		if len(out) == 0 || out[len(out)-1].same != same {
			out = append(out, change{same: same})
		}
		c := &out[len(out)-1]
		onLeft := j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]
		if same || onLeft {
			c.left = append(c.left, a[i])
			i++
		}
		if same || !onLeft {
			c.right = append(c.right, b[j])
			j++
		}
	}
	return out
}

func (d *drill) sideBySide(c change) {
	column := (d.width - 3) / 2
	for k := range max(len(c.left), len(c.right)) {
		left, right := fold(nth(c.left, k), column), fold(nth(c.right, k), column)
		for k := range max(len(left), len(right)) {
			a, b := pad(nth(left, k), column), nth(right, k)
			if !c.same {
				a, b = bad(a), good(b)
			}
			fmt.Fprintln(d.out, a+" │ "+b)
		}
	}
}

func nth(lines []string, k int) string {
	if k < len(lines) {
		return lines[k]
	}
	return ""
}

// fold breaks a line of code where it has to.
func fold(s string, n int) (out []string) {
	s = strings.ReplaceAll(s, "\t", "    ")
	for ladder.Width(s) > n {
		head := strings.TrimSuffix(ladder.Cut(s, n), "…")
		out = append(out, head)
		s = s[len(head):]
	}
	return append(out, s)
}

// reset puts the stub back. What was there is kept beside it under a name
// that Go does not compile.
func (d *drill) reset(e *exercise) error {
	if e.untouched() {
		d.say("%s is the stub already.", "%s 本来就是初始代码。", e.where())
		return nil
	}
	stub, err := e.stub()
	if err != nil {
		return err
	}
	mine, err := os.ReadFile(e.file())
	backup := ""
	if err == nil {
		if backup, err = keep(e.file(), mine); err != nil {
			return fmt.Errorf("nothing changed: cannot keep your work: %w", err)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(e.file(), stub, 0o644); err != nil {
		return err
	}
	if backup != "" {
		d.say("Your work is kept in %s", "你的代码保存在 %s", e.short()+"/"+filepath.Base(backup))
	}
	d.say("%s is the stub again.", "%s 已恢复成初始代码。", e.where())
	return nil
}

// keep writes b beside file under a name with the time, and never over
// anything that is there.
func keep(file string, b []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+time.Now().Format(".2006-01-02-150405-")+"*.bak")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	return f.Name(), errors.Join(err, f.Close())
}
