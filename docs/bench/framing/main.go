package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 21, "how often each is measured, in turn with the bare copy")
	lang := flag.String("lang", "en", "`language` of the table: en or zh")
	flag.Parse()
	if err := table(*rounds, *lang == "zh"); err != nil {
		fmt.Fprintln(os.Stderr, "framing:", err)
		os.Exit(1)
	}
}

// table measures all peers and prints the chapter's table.
func table(rounds int, zh bool) error {
	pick := func(en, chinese string) string {
		if zh {
			return chinese
		}
		return en
	}
	fmt.Printf("| %s | %s | 64 B | 4 KiB | 1 MiB |\n| --- | --- | --- | --- | --- |\n",
		pick("ns and allocations a message (× a bare copy)", "每条消息的纳秒数和分配次数（× 直接复制）"), pick("checks a maximum", "检查上限"))
	for _, p := range peers {
		row := []string{p.name, pick("no", "否")}
		if p.checks {
			row[1] = pick("yes", "是")
		}
		for _, size := range sizes {
			m, err := measure(p, size, rounds)
			if err != nil {
				return err
			}
			row = append(row, fmt.Sprintf("%s, %.0f (×%.2f)", ns(m.took), m.allocs, m.ratio))
		}
		fmt.Printf("| %s |\n", strings.Join(row, " | "))
	}
	fmt.Printf("\n%s %s/%s, %s, %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, clockName, time.Now().Format(time.DateOnly))
	return nil
}

func ns(d float64) string {
	if d < 100 {
		return fmt.Sprintf("%.1f", d)
	}
	return fmt.Sprintf("%.0f", d)
}

type measured struct {
	took   float64 // ns a message, the median of all rounds
	ratio  float64 // to the bare copy of the same round, the median
	allocs float64 // a message
}

// measure times p and the bare copy in turn, a few milliseconds each, so
// that whatever else the machine does hits both.
func measure(p peer, size, rounds int) (m measured, err error) {
	next, err := p.play(size)
	if err != nil {
		return m, err
	}
	bare, err := peers[0].play(size)
	if err != nil {
		return m, err
	}
	n := calibrate(next)
	k := calibrate(bare)
	var took, ratios []float64
	var before, after runtime.MemStats
	for i := range rounds {
		b := run(bare, k)
		runtime.ReadMemStats(&before)
		t := run(next, n)
		runtime.ReadMemStats(&after)
		if i%2 == 1 { // and the other one first
			b = run(bare, k)
		}
		took, ratios = append(took, t), append(ratios, t/b)
		m.allocs += float64(after.Mallocs-before.Mallocs) / float64(n) / float64(rounds)
	}
	m.took, m.ratio = median(took), median(ratios)
	return m, nil
}

// calibrate finds how many messages take about 5 ms.
func calibrate(next func() (int, error)) int {
	for n := 1; ; n *= 2 {
		if t := run(next, n) * float64(n); t > 5e6 {
			return n
		}
	}
}

// run gives the ns a message, garbage collection included.
func run(next func() (int, error), n int) float64 {
	start := clock()
	for range n {
		next()
	}
	return float64(clock()-start) / float64(n)
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
