package main

import (
	"context"
	"fmt"
	"strings"
)

// draw shows the ladder that an answer that passes has drawn of its tests.
func (d *drill) draw(ctx context.Context, es []*exercise) error {
	for _, e := range es {
		cmd := d.course.command(ctx, "test", "-v", "-vet=off", "-count=1", "-timeout=30s", e.pattern())
		cmd.Env = append(cmd.Env, "DRILL_DRAW=1", "LC_ALL="+d.Pick("en", "zh"))
		out, err := cmd.CombinedOutput()
		said := string(out)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case strings.Contains(said, notBegunWords):
			return fmt.Errorf(d.Pick("%s is not begun: there is no run to draw", "%s 还没有开始，没有可画的运行"), e.name)
		case err != nil:
			return fmt.Errorf(d.Pick("%s does not pass yet; its failure draws it: go test ./%s", "%s 还没有通过；失败信息里有图：go test ./%s"), e.name, e.short())
		}
		var picture, longest []string // the longest tells the most
		for line := range strings.Lines(said) {
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
