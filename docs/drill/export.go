package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"slices"

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

// suites are JUnit's XML: a suite is a student, and a testcase an exercise.
type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []suite  `xml:"testsuite"`
}

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

// exports writes a class's grades for other programs.
func (d *drill) exports(es []*exercise, class []*checkout) error {
	results, suites := d.results(es, class)
	table, errCSV := classCSV(es, class)
	if d.csv != "-" && bytes.ContainsFunc(table, func(r rune) bool { return r > 127 }) {
		table = append([]byte("\ufeff"), table...) // Excel takes it for another encoding otherwise
	}
	scores, errJSON := json.MarshalIndent(map[string]any{"tests": results}, "", "  ")
	report, errXML := xml.MarshalIndent(suites, "", "  ")
	for _, to := range []struct {
		flag, file string
		text       []byte
		err        error
	}{
		{"csv", d.csv, table, errCSV},
		{"gradescope", d.gradescope, append(scores, '\n'), errJSON},
		{"junit", d.junit, slices.Concat([]byte(xml.Header), report, []byte("\n")), errXML},
	} {
		switch to.file {
		case "":
			continue
		case "-":
			_, err := d.out.Write(to.text)
			to.err = errors.Join(to.err, err)
		default:
			to.err = errors.Join(to.err, os.WriteFile(to.file, to.text, 0o644))
		}
		if to.err != nil {
			return fmt.Errorf("-%s: %w", to.flag, to.err)
		}
	}
	return nil
}

// results are the grades as Gradescope and JUnit have them: the points of an
// exercise are its tests.
func (d *drill) results(es []*exercise, class []*checkout) (results []result, all suites) {
	for _, c := range class {
		s := suite{Name: ladder.Clean(c.name)}
		if c.err != nil {
			s.Errors++
			s.Cases = append(s.Cases, testcase{Class: "checkout", Name: s.Name, Error: &failure{Message: c.err.Error()}})
		}
		for _, e := range es {
			r := result{Name: e.lesson + "/" + e.name, Max: len(e.tests), Status: "failed", Output: d.Pick("not begun", "未开始")}
			t := testcase{Class: e.lesson, Name: e.name}
			switch g := c.grade(e); g.state {
			case done:
				r.Score, r.Status, r.Output = r.Max, "passed", ""
			case failing:
				s.Failures++
				r.Score, r.Output = g.passed, cmp.Or(g.full, ladder.Clean(g.first))
				t.Failure = &failure{ladder.Clean(g.first), r.Output}
			default:
				s.Skipped++
				t.Skipped = &struct{}{}
				if c.err != nil {
					r.Output = c.err.Error()
				} else if g.note == missing {
					r.Output = fmt.Sprintf(d.Pick("%s is missing", "缺少 %s"), e.where())
				}
			}
			results = append(results, r)
			s.Cases = append(s.Cases, t)
		}
		s.Tests = len(s.Cases)
		all.Suites = append(all.Suites, s)
	}
	return results, all
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
		var hints []string
		var err error
		if t.Task, t.Code, hints, err = d.asks(e); err != nil {
			t.Task = err.Error() // the others are told all the same
		}
		for _, h := range hints {
			t.Hints = append(t.Hints, join(h))
		}
	})
}
