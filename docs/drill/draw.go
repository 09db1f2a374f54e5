package main

import (
	"context"
	"fmt"
	"strings"
)

// draw shows the ladder that an answer that passes has drawn of its tests.
func (d *drill) draw(ctx context.Context, es []*exercise) error {
	d.course.env = []string{"DRILL_DRAW=1", "LC_ALL=" + d.Pick("en", "zh")}
	grades, err := d.course.grade(ctx, es, "-count=1", "-vet=off")
	if err != nil {
		return err
	}
	for _, e := range es {
		switch grades[e].state {
		case notBegun:
			return fmt.Errorf(d.Pick("%s is not begun: there is no run to draw", "%s 还没有开始，没有可画的运行"), e.name)
		case failing:
			return fmt.Errorf(d.Pick("%s does not pass yet; its failure draws it: go test ./%s", "%s 还没有通过；失败信息里有图：go test ./%s"), e.name, e.short())
		}
		var picture, longest []string // the longest tells the most
		for line := range strings.Lines(grades[e].said) {
			if strings.ContainsAny(line, "│┊") {
				picture = append(picture, strings.TrimPrefix(line, "        "))
			} else {
				picture = nil
			}
			if len(picture) > len(longest) {
				longest = picture
			}
		}
		if longest == nil {
			return fmt.Errorf(d.Pick("%s uses no connection that can be drawn", "%s 没有可以画出来的连接"), e.name)
		}
		fmt.Fprint(d.out, strings.Join(longest, ""))
	}
	return nil
}
