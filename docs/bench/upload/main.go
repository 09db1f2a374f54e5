// Command upload times lesson 5's upload beside whatever of its peers is
// on this machine: one file from page cache to disk, over loopback, in
// rounds, each round in another order.
//
//	go run ./docs/bench/upload                     1 GiB, 5 rounds
//	go run ./docs/bench/upload -size 256MiB -only cp,dialtone
//	go run ./docs/bench/upload -save docs/bench/upload/speeds.json
//	go run ./docs/bench/upload -show docs/bench/upload/speeds.json
//
// With -show, -save draws what was kept once more.
//
// Each number is the median of the rounds; each ratio the median of the
// ratios within a round, which is steadier than the ratio of medians. The
// middle half of those ratios is printed beside it: if it is wide, the
// machine had other things to do, and more rounds say more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"example.com/dialtone/05-file-upload/resumable"
)

func main() {
	size := resumable.Size(1 << 30)
	flag.Var(&size, "size", "the file, such as `1GiB`")
	rounds := flag.Int("rounds", 5, "how often each is timed")
	only := flag.String("only", "", "`NAMES` to time, by their beginnings, with commas between; all if empty")
	save := flag.String("save", "", "keep the numbers in `FILE` (JSON) and draw them beside it (SVG)")
	show := flag.String("show", "", "time nothing; print the numbers kept in `FILE`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var r result
	var err error
	if *show != "" {
		r, err = load(*show)
	} else {
		r, err = run(ctx, int64(size), *rounds, *only)
	}
	if err == nil {
		report(r)
	}
	if err == nil && *save != "" {
		err = keep(*save, r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "upload:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, size int64, rounds int, only string) (r result, err error) {
	work, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(work)
	bin := work + string(filepath.Separator)
	build := exec.CommandContext(ctx, "go", "build", "-o", bin, "example.com/dialtone/05-file-upload/server", "example.com/dialtone/05-file-upload/client")
	if out, err := build.CombinedOutput(); err != nil {
		return r, fmt.Errorf("%w\n%s", err, out)
	}
	b := &bench{work: work, src: filepath.Join(work, "source"), out: filepath.Join(work, "out"), size: size}
	if err := b.prepare(ctx); err != nil {
		return r, err
	}
	ways := slices.DeleteFunc(ways(), func(w *way) bool {
		if only != "" && !slices.ContainsFunc(strings.Split(only, ","), func(p string) bool { return strings.HasPrefix(w.Name, p) }) {
			return true
		}
		for program := range strings.FieldsSeq(w.needs) {
			if _, err := exec.LookPath(program); err != nil {
				fmt.Printf("%s: skipped: there is no %s here\n", w.Name, program)
				return true
			}
		}
		return false
	})
	for round := range rounds {
		rand.Shuffle(len(ways), func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
		for _, w := range ways {
			took, err := b.time(ctx, w)
			if ctx.Err() != nil {
				return r, errors.New("interrupted")
			}
			if err != nil {
				return r, fmt.Errorf("%s: %w", w.Name, err)
			}
			w.Seconds = append(w.Seconds, took.Seconds())
			fmt.Fprintf(os.Stderr, "round %d  %-28s %7.0f MiB/s\n", round+1, w.Name, float64(size)/took.Seconds()/(1<<20))
		}
	}
	slices.SortFunc(ways, func(a, b *way) int { return int(1e6 * (median(a.Seconds) - median(b.Seconds))) })
	return result{
		Size: size, Rounds: rounds, When: time.Now().Format("2006-01-02"),
		Machine: fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()), Ways: ways,
	}, nil
}

func median(xs []float64) float64 {
	sorted := slices.Sorted(slices.Values(xs))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// ratio is how many times faster a is than b, round for round: the
// median, and where the middle half of the rounds begins and ends.
func ratio(a, b *way) (mid, low, high float64) {
	var rs []float64
	for i := range a.Seconds {
		rs = append(rs, b.Seconds[i]/a.Seconds[i])
	}
	slices.Sort(rs)
	return median(rs), rs[len(rs)/4], rs[len(rs)-1-len(rs)/4]
}

// report prints a table, and what the lesson promises.
func report(r result) {
	fmt.Printf("%d MiB, medians of %d rounds, %s, %s\n", r.Size>>20, r.Rounds, r.Machine, r.When)
	named := map[string]*way{}
	for _, w := range r.Ways {
		named[w.Name] = w
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "way\tmanner\tMiB/s\tlowest\thighest\tof cp")
	for _, w := range r.Ways {
		rate := func(seconds float64) float64 { return float64(r.Size) / seconds / (1 << 20) }
		ofCp := ""
		if cp := named["cp"]; cp != nil {
			mid, _, _ := ratio(w, cp)
			ofCp = fmt.Sprintf("%.2f", mid)
		}
		fmt.Fprintf(out, "%s\t%s\t%.0f\t%.0f\t%.0f\t%s\n", w.Name, w.What, rate(median(w.Seconds)),
			rate(slices.Max(w.Seconds)), rate(slices.Min(w.Seconds)), ofCp)
	}
	out.Flush()
	for _, p := range promises {
		ours, theirs := named[p.ours], named[p.theirs]
		if ours == nil || theirs == nil {
			continue
		}
		kept := "kept"
		mid, low, high := ratio(ours, theirs)
		if mid < p.least {
			kept = "NOT KEPT"
		}
		fmt.Printf("%s is %.2f times as fast as %s (mostly %.2f to %.2f); promised %.2f: %s\n",
			p.ours, mid, p.theirs, low, high, p.least, kept)
	}
}

// promises are ratios that are to be reached in one run.
var promises = []struct {
	ours, theirs string
	least        float64
}{
	{"dialtone 1", "iperf3", 1.1},
	{"dialtone 1", "cp", 0.95},
	{"dialtone 1", "socat", 1.7},
	{"dialtone 1", "nc", 1.7},
	{"dialtone 1", "go http put", 1.7},
	{"dialtone 1", "rsync daemon", 1.7},
	{"dialtone 1", "scp", 1.7},
	{"dialtone 2 crc32c", "go http put", 1.4},
	{"dialtone 2 sha256", "rsync daemon", 1.8},
	{"dialtone 2 sha256", "scp", 1.8},
	{"dialtone 1 with a bar", "dialtone 1 without a bar", 0.98},
}
