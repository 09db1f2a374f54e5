package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// watch grades what is saved, until ctx is done.
func (d *drill) watch(ctx context.Context, es []*exercise) error {
	before := snapshot(es)
	grades, err := d.course.grade(ctx, es)
	if err != nil {
		return err
	}
	current := nextOf(es, grades)
	d.screen(es, grades, current, "")
	for {
		now, changed := waitForSave(ctx, es, before)
		if ctx.Err() != nil {
			return nil
		}
		before = now
		saved := time.Now()
		// Vet takes its time too, and is asked when all else is well.
		fresh, err := d.course.grade(ctx, changed, "-vet=off")
		if err == nil && slices.ContainsFunc(changed, func(e *exercise) bool { return fresh[e].state == done }) {
			fresh, err = d.course.grade(ctx, changed)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			fmt.Fprintf(d.out, "%v\n", err)
			continue
		}
		maps.Copy(grades, fresh)
		if len(changed) == 1 {
			current = changed[0]
		}
		if current == nil || grades[current].state == done {
			if next := nextOf(es, grades); next != nil {
				current = next
			}
		}
		d.screen(es, grades, current, fmt.Sprintf("%.1f s", time.Since(saved).Seconds()))
	}
}

// screen shows all exercises, and the failure of the current one in full.
func (d *drill) screen(es []*exercise, grades map[*exercise]*grade, current *exercise, took string) {
	if d.terminal {
		fmt.Fprint(d.out, "\x1b[2J\x1b[H")
	}
	d.list(es, grades)
	if current != nil && grades[current].state == failing {
		fmt.Fprintf(d.out, "\n%s\n%s\n", bold(current.where()), grades[current].full)
	}
	if took != "" {
		took = " (" + took + ")"
	}
	d.say("\n%s%s: waiting for a save; Ctrl-C ends", "\n%s%s：等待保存文件；按 Ctrl-C 结束", time.Now().Format("15:04:05"), took)
}

// snapshot is what tells of each exercise that a file of it has been saved.
func snapshot(es []*exercise) map[*exercise]string {
	stamps := map[*exercise]string{}
	for _, e := range es {
		entries, _ := os.ReadDir(e.dir)
		for _, entry := range entries {
			info, err := entry.Info() // gone this moment, as an editor's temporary file
			if name := entry.Name(); err == nil && strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, ".") {
				stamps[e] += fmt.Sprintln(name, info.Size(), info.ModTime())
			}
		}
	}
	return stamps
}

// waitForSave waits until a file is saved and says whose it is.
func waitForSave(ctx context.Context, es []*exercise, before map[*exercise]string) (now map[*exercise]string, changed []*exercise) {
	for len(changed) == 0 {
		select {
		case <-ctx.Done():
			return before, nil
		case <-time.After(150 * time.Millisecond):
		}
		now = snapshot(es)
		changed = slices.DeleteFunc(slices.Clone(es), func(e *exercise) bool { return now[e] == before[e] })
	}
	return now, changed
}
