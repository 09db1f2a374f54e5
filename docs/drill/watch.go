package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const poll = 150 * time.Millisecond

// stamp is what tells that a file has been saved.
type stamp struct {
	size int64
	time time.Time
}

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
		// A save while the tests run makes them begin again.
		run, cancel := context.WithCancel(ctx)
		quiet := make(chan struct{})
		go func() {
			defer close(quiet)
			if waitForSave(run, es, before); run.Err() == nil {
				cancel()
			}
		}()
		// Vet takes its time too, and is asked when all else is well.
		fresh, err := d.course.grade(run, changed, "-vet=off")
		if err == nil && slices.ContainsFunc(changed, func(e *exercise) bool { return fresh[e].state == done }) {
			fresh, err = d.course.grade(run, changed)
		}
		interrupted := run.Err() != nil
		cancel()
		<-quiet
		if ctx.Err() != nil {
			return nil
		}
		if interrupted {
			maps.DeleteFunc(before, func(path string, _ stamp) bool { // they are changed still
				return slices.ContainsFunc(changed, func(e *exercise) bool { return filepath.Dir(path) == e.dir })
			})
			continue
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

// snapshot looks at every file that decides about an exercise.
func snapshot(es []*exercise) map[string]stamp {
	files := map[string]stamp{}
	for _, e := range es {
		entries, _ := os.ReadDir(e.dir)
		for _, entry := range entries {
			info, err := entry.Info() // gone this moment, as an editor's temporary file
			if name := entry.Name(); err == nil && strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, ".") {
				files[filepath.Join(e.dir, name)] = stamp{info.Size(), info.ModTime()}
			}
		}
	}
	return files
}

// waitForSave waits until a file is saved and says whose it is.
func waitForSave(ctx context.Context, es []*exercise, before map[string]stamp) (map[string]stamp, []*exercise) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return before, nil
		case <-tick.C:
		}
		now := snapshot(es)
		var changed []*exercise
		for _, e := range es {
			mine := func(all map[string]stamp) map[string]stamp {
				all = maps.Clone(all)
				maps.DeleteFunc(all, func(path string, _ stamp) bool { return filepath.Dir(path) != e.dir })
				return all
			}
			if !maps.Equal(mine(before), mine(now)) {
				changed = append(changed, e)
			}
		}
		if changed != nil {
			return now, changed
		}
	}
}
