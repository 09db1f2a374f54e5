package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	picture = regexp.MustCompile(`(?m)^.*\n(?:^.*[│┊].*\n)+`) // with the line that names the ends
	margin  = regexp.MustCompile(`(?m)^        `)
)

// draw shows the ladder that an answer that passes has drawn of its tests.
func (d *drill) draw(ctx context.Context, es []*exercise) error {
	d.course.env = []string{"DRILL_DRAW=1", "LC_ALL=" + d.Pick("en", "zh")}
	grades, err := d.course.grade(ctx, es, "-count=1", "-vet=off")
	if err != nil {
		return err
	}
	for _, e := range es {
		pictures := picture.FindAllString(grades[e].said, -1)
		switch {
		case grades[e].state == notBegun:
			return fmt.Errorf(d.Pick("%s is not begun: there is no run to draw", "%s 还没有开始，没有可画的运行"), e.name)
		case grades[e].state == failing:
			return fmt.Errorf(d.Pick("%s does not pass yet; its failure draws it: go test ./%s", "%s 还没有通过；失败信息里有图：go test ./%s"), e.name, e.short())
		case pictures == nil:
			return fmt.Errorf(d.Pick("%s uses no connection that can be drawn", "%s 没有可以画出来的连接"), e.name)
		}
		longest := slices.MaxFunc(pictures, func(a, b string) int { return strings.Count(a, "\n") - strings.Count(b, "\n") }) // it tells the most
		fmt.Fprint(d.out, margin.ReplaceAllString(longest, ""))
	}
	return nil
}
