package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

const strong = 95 // percent of the mutants that the tests have to reject

// fate is what became of a mutant.
type fate string

const (
	rejected   fate = "rejected"
	survived   fate = "survived"
	equivalent fate = "equivalent"
	stillborn  fate = "does not compile"
)

// mutate breaks the solutions mechanically and counts what the tests see.
func (d *drill) mutate(ctx context.Context, es []*exercise) error {
	begin := time.Now()
	type tried struct {
		mutant
		fate fate
	}
	all := map[*exercise][]*tried{}
	var plain, again []*variant
	var faults []string
	done := 0
	for _, e := range es {
		solution, err := os.ReadFile(e.solution())
		if err != nil {
			return err
		}
		made, err := mutants(unix(solution))
		if err != nil {
			return err
		}
		page, err := e.mistakes()
		if err != nil {
			return err
		}
		for id := range page.equivalent {
			if !slices.ContainsFunc(made, func(m mutant) bool { return m.id == id }) {
				faults = append(faults, fmt.Sprintf("%s: mistakes.md names a mutant that is not made: %s", e.short(), id))
			}
		}
		for _, m := range made {
			t := &tried{mutant: m}
			all[e] = append(all[e], t)
			_, excused := page.equivalent[m.id]
			plain = append(plain, &variant{e, m.source, []string{"-test.failfast", "-test.timeout=20s"}, func(_ string, ok bool, built string) {
				if done++; d.terminal {
					fmt.Fprintf(d.err, "\r\x1b[K%d/%d", done, len(plain))
				}
				switch {
				case built != "":
					t.fate = stillborn
				case !ok && excused:
					t.fate = rejected
					faults = append(faults, fmt.Sprintf("%s: rejected, although mistakes.md calls it no mistake: %s", e.short(), m.id))
				case !ok:
					t.fate = rejected
				case excused:
					t.fate = equivalent
				default:
					// A lock that is missing shows under the race
					// detector and nowhere else.
					t.fate = survived
					again = append(again, &variant{e, m.source, []string{"-test.count=3", "-test.failfast"}, func(_ string, ok bool, built string) {
						if !ok && built == "" {
							t.fate = rejected
						}
					}})
				}
			}})
		}
	}
	if err := d.course.try(ctx, plain); err != nil {
		return err
	}
	if d.race {
		if err := d.course.try(ctx, again, "-race"); err != nil {
			return err
		}
	}
	if d.terminal {
		fmt.Fprint(d.err, "\r\x1b[K")
	}

	fmt.Fprintln(d.out, bold(fmt.Sprintf("%-36s%9s%12s%10s%10s", "", "compiling", "equivalent", "rejected", "share")))
	var total, equal, killed int
	for _, e := range es {
		n := map[fate]int{}
		for _, t := range all[e] {
			n[t.fate]++
		}
		compiling := len(all[e]) - n[stillborn]
		fmt.Fprintf(d.out, "%-36s%9d%12d%10d%10s\n", e.lesson+"/"+e.name, compiling, n[equivalent], n[rejected], share(n[rejected], compiling-n[equivalent]))
		total += compiling
		equal += n[equivalent]
		killed += n[rejected]
	}
	fmt.Fprintf(d.out, "%-36s%9d%12d%10d%10s   %.0f s\n", "all", total, equal, killed, share(killed, total-equal), time.Since(begin).Seconds())
	for _, e := range es {
		for _, t := range all[e] {
			if t.fate == survived {
				fmt.Fprintf(d.out, "%s %s: line %d: %s\n", bad("survived"), e.lesson+"/"+e.name, t.line, t.id)
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

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", float64(part)*100/float64(whole))
}
