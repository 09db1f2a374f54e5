package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"

	"example.com/dialtone/docs/ladder"
)

// result is an exercise in Gradescope's results.json.
type result struct {
	Name   string `json:"name"`
	Score  int    `json:"score"`
	Max    int    `json:"max_score"`
	Status string `json:"status"` // "passed" or "failed"
	Output string `json:"output"`
}

// suite is a student in JUnit's XML, and testcase an exercise.
type suite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Cases    []testcase `xml:"testcase"`
}

type testcase struct {
	Class   string    `xml:"classname,attr"`
	Name    string    `xml:"name,attr"`
	Failure *failure  `xml:"failure"`
	Error   *failure  `xml:"error"`
	Skipped *struct{} `xml:"skipped"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// exports writes a class's grades for other systems: its tests are the
// points of an exercise.
func (d *drill) exports(es []*exercise, class []*checkout) error {
	var suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Suites  []suite  `xml:"testsuite"`
	}
	results := []result{}
	for _, c := range class {
		s := suite{Name: ladder.Clean(c.name)}
		if c.err != nil {
			s.Errors++
			s.Tests++
			s.Cases = append(s.Cases, testcase{Class: "checkout", Name: s.Name, Error: &failure{Message: c.err.Error()}})
		}
		for _, e := range es {
			tests, err := e.tests()
			if err != nil {
				return err
			}
			g := c.grades[e]
			r := result{Name: e.lesson + "/" + e.name, Max: len(tests), Status: "failed", Output: d.Pick("not begun", "未开始")}
			t := testcase{Class: e.lesson, Name: e.name}
			switch {
			case g == nil || g.state == notBegun:
				s.Skipped++
				t.Skipped = &struct{}{}
			case g.state == done:
				r.Score, r.Status, r.Output = r.Max, "passed", ""
			default:
				s.Failures++
				r.Score, r.Output = g.passed, ladder.Clean(g.first)
				if g.full != "" {
					r.Output = g.full
				}
				t.Failure = &failure{ladder.Clean(g.first), r.Output}
			}
			s.Tests++
			results = append(results, r)
			s.Cases = append(s.Cases, t)
		}
		suites.Suites = append(suites.Suites, s)
	}
	if d.gradescope != "" {
		text, err := json.MarshalIndent(map[string]any{"tests": results}, "", "  ")
		if err == nil {
			err = os.WriteFile(d.gradescope, append(text, '\n'), 0o644)
		}
		if err != nil {
			return fmt.Errorf("-gradescope: %w", err)
		}
	}
	if d.junit != "" {
		text, err := xml.MarshalIndent(suites, "", "  ")
		if err == nil {
			err = os.WriteFile(d.junit, append([]byte(xml.Header), append(text, '\n')...), 0o644)
		}
		if err != nil {
			return fmt.Errorf("-junit: %w", err)
		}
	}
	return nil
}

// told is an exercise as -json prints it: task fills the first half, status
// the second.
type told struct {
	Lesson, Name, Where string
	Code, Task          string   `json:",omitempty"`
	Hints               []string `json:",omitempty"`

	State            state  `json:",omitempty"`
	Mark, Word, Rest string `json:",omitempty"` // as status shows them
	Full             string `json:",omitempty"` // the failure
}

// tell prints the exercises as JSON, a line each.
func (d *drill) tell(es []*exercise, fill func(*exercise, *told)) error {
	out := json.NewEncoder(d.out)
	out.SetEscapeHTML(false)
	for _, e := range es {
		t := told{Lesson: e.lesson, Name: e.name, Where: e.where()}
		fill(e, &t)
		if err := out.Encode(t); err != nil {
			return err
		}
	}
	return nil
}

// tasks prints the tasks of exercises; as JSON with their hints.
func (d *drill) tasks(ctx context.Context, es []*exercise) error {
	if !d.json {
		return one(d.task)(ctx, es)
	}
	return d.tell(es, func(e *exercise, t *told) {
		_, task, code, err := e.asks()
		help, helpErr := e.help()
		hints := help.hints
		if d.Pick("en", "zh") == "zh" {
			task, hints, err = help.task, help.chinese, helpErr
		}
		if t.Task, t.Code = task, code; err != nil {
			t.Task = err.Error() // the others are told all the same
		}
		for _, h := range hints {
			t.Hints = append(t.Hints, join(h))
		}
	})
}
