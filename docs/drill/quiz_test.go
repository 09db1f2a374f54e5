package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const plantedQuestions = "# Two\n\nBefore and after.\n\n" +
	"## 1. Twice\n\nWhat is `2 * 2`?\n\n1. Four\n2. Five\n\n<details><summary>Answer</summary>\n\n**1.** As `go run` says.\n\n</details>\n\n" +
	"## 2. Thrice\n\nWhat is 3 * 3?\n\n1. Ten\n2. Nine\n3. One\n\n<details><summary>Answer</summary>\n\n**2.** Count it.\n\n</details>\n"

// TestQuiz: the first time counts as before the course and tells nothing, the
// next as after it; a class sees what was kept for it.
func TestQuiz(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.exercise("double", nil)
	p.write("docs/questions.md", plantedQuestions)
	for _, step := range []struct {
		typed, args    string
		code           int
		want, withhold string
	}{
		{"1\n", "", 1, "nothing is kept", "Before the course"},
		{"1\n5\nx\n1\n", "", 0, "Before the course: 1 of 2", "Count it"},
		{"1\n2\n", "", 0, "After it: 2 of 2", "Count it"},
		{"\n2\n", "-keep", 0, "Before the course: 1 of 2\nAfter it: 1 of 2\n\n1. Twice\n1) As go run says.", "Count it"},
		{"2\n3\n", "-before", 0, "Before the course: 0 of 2", "After it"},
	} {
		p.in = step.typed
		out, code := p.drill(strings.Fields("quiz " + step.args)...)
		require.Equal(t, step.code, code, out)
		require.Contains(t, out, step.want)
		require.NotContains(t, out, step.withhold)
		if step.args == "" {
			require.NoFileExists(t, filepath.Join(p.root, "quiz.txt"))
		}
	}
	out, code := p.drill("status", "-keep")
	require.Equal(t, 2, code, out)

	class := filepath.Join(p.root, "..", "class")
	kept, err := os.ReadFile(filepath.Join(p.root, "quiz.txt"))
	require.NoError(t, err)
	for student, text := range map[string]string{"ann": string(kept), "bob": "before 0 of 2, after 2\n", "cat": "before 9 of 2, after 3\n", "dan": "before 1 of 2, after -1\n"} {
		p.write("../class/"+student+"/01-one/exercises/order.txt", "")
		p.write("../class/"+student+"/quiz.txt", text)
	}
	out = p.ok("-class", class, "-csv", "-")
	for _, want := range []string{"quiz: 2 of 4 kept both scores: 25 % right before the course, 75 % after: +50", "ann,0,1,missing,,1,1\n", "bob,0,1,missing,,0,2\n", "cat,0,1,missing,,,\n", "dan,0,1,missing,,1,\n"} {
		require.Contains(t, out, want)
	}
}

// TestQuestionsOfTheCourse: twenty, the same in both languages, each with a
// command that shows its answer. The commands are there, and other tests run
// them.
func TestQuestionsOfTheCourse(t *testing.T) {
	command := regexp.MustCompile("`(make lesson-[1-5]|go run \\./docs/play error [a-z-]+|go test -v -run (\\w+) \\./([\\w/-]+))`$")
	var twin [][]string
	for _, page := range []string{"questions.md", "questions.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", page))
		require.NoError(t, err)
		all := problems.FindAllStringSubmatch(string(unix(text)), -1)
		require.Len(t, all, 20, page)
		var same [][]string
		for _, m := range all {
			found := command.FindStringSubmatch(m[4])
			require.NotNil(t, found, "%s: %s ends without a command", page, m[1])
			require.Len(t, choice.FindAllString(m[2], -1), 3, m[1])
			same = append(same, append(found[1:], m[3]))
		}
		if twin != nil {
			require.Equal(t, twin, same, "in both languages")
		}
		twin = same
	}
	provoked, err := os.ReadFile("../errors.md")
	require.NoError(t, err)
	for _, c := range twin {
		if strings.HasPrefix(c[0], "go run") {
			require.Contains(t, string(provoked), "\n$ "+c[0]+"\n")
		}
		if c[1] != "" {
			sources, err := filepath.Glob(filepath.Join("..", "..", c[2], "*_test.go"))
			require.NoError(t, err)
			require.True(t, slices.ContainsFunc(sources, func(file string) bool {
				text, _ := os.ReadFile(file)
				return bytes.Contains(text, []byte("\nfunc "+c[1]+"("))
			}), "%s is not in %s", c[1], c[2])
		}
	}
}
