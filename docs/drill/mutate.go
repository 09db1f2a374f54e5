package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const strong = 95 // percent of the mutants that the tests have to reject

// mutation is what became of a mutant.
type mutation string

const (
	rejected   mutation = "rejected"
	survived   mutation = "survived"
	equivalent mutation = "equivalent"
	stillborn  mutation = "does not compile"
)

// mutate breaks the solutions mechanically and counts what the tests see.
func (d *drill) mutate(ctx context.Context, es []*exercise) error {
	begin := time.Now()
	dir, err := os.MkdirTemp("", "drill")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	all := map[*exercise][]mutant{}
	reasons := map[*exercise]map[string]string{}
	fates := map[*exercise][]mutation{}
	most := 0
	var faults []string
	for _, e := range es {
		if all[e], err = mutants(e.solution()); err != nil {
			return err
		}
		if reasons[e], err = equivalents(e.testdata("equivalent.txt")); err != nil {
			return err
		}
		for id := range reasons[e] {
			if !slices.ContainsFunc(all[e], func(m mutant) bool { return m.id == id }) {
				faults = append(faults, fmt.Sprintf("%s: equivalent.txt names a mutant that is not made: %s", e.short(), id))
			}
		}
		fates[e] = make([]mutation, len(all[e]))
		most = max(most, len(all[e]))
	}

	jobs := newPool()
	var mu sync.Mutex
	for k := range most {
		ov := replace{}
		var with []*exercise
		for _, e := range es {
			if k >= len(all[e]) {
				continue
			}
			file := filepath.Join(dir, fmt.Sprintf("%s-%s-%d.go", e.lesson, e.name, k))
			if err := os.WriteFile(file, all[e][k].source, 0o600); err != nil {
				return err
			}
			ov[e.file()] = file
			hideOthers(ov, e)
			with = append(with, e)
		}
		overlay, err := ov.save(dir, fmt.Sprint("mutants", k))
		if err != nil {
			return err
		}
		bins := filepath.Join(dir, fmt.Sprint("bin", k))
		if _, err := d.course.compile(ctx, with, overlay, bins); err != nil {
			return err
		}
		if d.terminal {
			fmt.Fprintf(d.err, "\r\x1b[K%d/%d", k+1, most)
		}
		for _, e := range with {
			jobs.run(func() {
				_, ok, err := e.binary(ctx, bins, "-test.failfast", "-test.timeout=20s")
				os.Remove(e.binaryFile(bins))
				mu.Lock()
				defer mu.Unlock()
				_, excused := reasons[e][all[e][k].id]
				switch {
				case errors.Is(err, os.ErrNotExist):
					fates[e][k] = stillborn
				case !ok && excused:
					fates[e][k] = rejected
					faults = append(faults, fmt.Sprintf("%s: rejected, although equivalent.txt calls it equivalent: %s", e.short(), all[e][k].id))
				case !ok:
					fates[e][k] = rejected
				case excused:
					fates[e][k] = equivalent
				default:
					fates[e][k] = survived
				}
			})
		}
	}
	jobs.wait()
	if err := d.survivorsUnderRace(ctx, dir, es, all, fates); err != nil {
		return err
	}
	if d.terminal {
		fmt.Fprint(d.err, "\r\x1b[K")
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}

	fmt.Fprintln(d.out, bold(fmt.Sprintf("%-36s%9s%12s%10s%10s", "", "compiling", "equivalent", "rejected", "share")))
	var total, equal, killed int
	for _, e := range es {
		n := map[mutation]int{}
		for _, f := range fates[e] {
			n[f]++
		}
		compiling := len(fates[e]) - n[stillborn]
		fmt.Fprintf(d.out, "%-36s%9d%12d%10d%10s\n", e.lesson+"/"+e.name, compiling, n[equivalent], n[rejected], share(n[rejected], compiling-n[equivalent]))
		total += compiling
		equal += n[equivalent]
		killed += n[rejected]
	}
	fmt.Fprintf(d.out, "%-36s%9d%12d%10d%10s   %.0f s\n", "all", total, equal, killed, share(killed, total-equal), time.Since(begin).Seconds())
	for _, e := range es {
		for k, f := range fates[e] {
			if f == survived {
				fmt.Fprintf(d.out, "%s %s: line %d: %s\n", bad("survived"), e.lesson+"/"+e.name, all[e][k].line, all[e][k].id)
			}
		}
	}
	for _, f := range faults {
		fmt.Fprintf(d.out, "%s %s\n", bad("✗"), f)
	}
	if len(faults) > 0 || killed*100 < strong*(total-equal) {
		return errSilent
	}
	return nil
}

// survivorsUnderRace tries the survivors again with the race detector: a
// lock that is missing shows there and nowhere else.
func (d *drill) survivorsUnderRace(ctx context.Context, dir string, es []*exercise, all map[*exercise][]mutant, fates map[*exercise][]mutation) error {
	if !d.race {
		return nil
	}
	for k := range slices.Max(append([]int{0}, lengths(fates)...)) {
		ov := replace{}
		var with []*exercise
		for _, e := range es {
			if k < len(fates[e]) && fates[e][k] == survived {
				ov[e.file()] = filepath.Join(dir, fmt.Sprintf("%s-%s-%d.go", e.lesson, e.name, k))
				hideOthers(ov, e)
				with = append(with, e)
			}
		}
		if len(with) == 0 {
			continue
		}
		overlay, err := ov.save(dir, fmt.Sprint("race", k))
		if err != nil {
			return err
		}
		bins := filepath.Join(dir, fmt.Sprint("racebin", k))
		if _, err := d.course.compile(ctx, with, overlay, bins, "-race"); err != nil {
			return err
		}
		for _, e := range with {
			if _, ok, err := e.binary(ctx, bins, "-test.count=3", "-test.failfast"); err == nil && !ok {
				fates[e][k] = rejected
			}
		}
		os.RemoveAll(bins)
	}
	return ctx.Err()
}

func lengths(fates map[*exercise][]mutation) []int {
	var n []int
	for _, f := range fates {
		n = append(n, len(f))
	}
	return n
}

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", float64(part)*100/float64(whole))
}

// equivalents reads the mutants that behave as the solution does: a line
// with the mutant's id, and below it, indented, the reason.
func equivalents(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	id := ""
	for line := range strings.Lines(string(unix(text))) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " "):
			if id == "" {
				return nil, fmt.Errorf("%s: a reason without a mutant: %s", file, line)
			}
			reasons[id] = strings.TrimSpace(reasons[id] + " " + strings.TrimSpace(line))
		default:
			id = line
			reasons[id] = ""
		}
	}
	for id, why := range reasons {
		if why == "" {
			return nil, fmt.Errorf("%s: no reason for: %s", file, id)
		}
	}
	return reasons, nil
}
