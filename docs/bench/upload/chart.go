package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// result is what a run leaves behind: speeds.json.
type result struct {
	Size    int64  `json:"size"`
	Rounds  int    `json:"rounds"`
	When    string `json:"when"`
	Machine string `json:"machine"`
	Ways    []*way `json:"ways"`
}

func load(name string) (r result, err error) {
	data, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	return r, err
}

func keep(name string, r result) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, append(data, '\n'), 0o666); err != nil {
		return err
	}
	base := strings.TrimSuffix(name, ".json")
	for l, suffix := range map[lang.Lang]string{lang.English: ".svg", lang.Chinese: ".zh-CN.svg"} {
		if err := os.WriteFile(base+suffix, []byte(chart(r, l)), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// chinese are the words of the chart.
var chinese = map[string]string{
	"protocol 1: exact size":               "协议 1：大小正好",
	"protocol 2, no digest":                "协议 2，不算摘要",
	"protocol 2, CRC-32C":                  "协议 2，CRC-32C",
	"protocol 2, SHA-256":                  "协议 2，SHA-256",
	"the same, on the disk itself":         "同上，落到磁盘才算",
	"no network at all":                    "不经过网络",
	"no files at all":                      "不读写文件",
	"as it is":                             "默认设置",
	"with buffers of 1 MiB":                "1 MiB 的缓冲区",
	"--whole-file":                         "--whole-file",
	"encrypted, as it is":                  "加密，默认设置",
	"curl -T to net/http, io.Copy":         "curl -T 到 net/http，io.Copy",
	"recv(1024), and a send for each line": "recv(1024)，每行 send 一次",
}

// chart draws the medians as bars, ours in another colour; the thin line is the range.
func chart(r result, l lang.Lang) string {
	ways := slices.Clone(r.Ways)
	ways = slices.DeleteFunc(ways, func(w *way) bool { return strings.HasSuffix(w.Name, " bar") })
	rate := func(seconds float64) float64 { return float64(r.Size) / seconds / (1 << 20) }
	slices.SortFunc(ways, func(a, b *way) int { return int(1e6 * (median(a.Seconds) - median(b.Seconds))) })
	top := 0.0
	for _, w := range ways {
		top = max(top, rate(slices.Min(w.Seconds)))
	}
	title := fmt.Sprintf(l.Pick("%d MiB over loopback, from page cache to page cache, MiB/s", "%d MiB，从页缓存经回环网络写进页缓存，MiB/s"), r.Size>>20)
	machine := r.Machine
	if l == lang.Chinese {
		machine = strings.NewReplacer(", ", "，", " cores", " 核").Replace(machine)
	}
	note := fmt.Sprintf(l.Pick("medians of %d rounds, with lowest and highest; %s; %s", "%d 轮的中位数，细线是最低与最高；%s；%s"), r.Rounds, machine, r.When)
	// Three columns: the name, the manner, the bar with its number.
	const name, manner, left, width, high, head = 20, 225, 530, 300, 26, 64
	var b strings.Builder
	total := head + high*len(ways) + 40
	ladder.Card(&b, title, note, left+width+80, float64(total), l)
	fmt.Fprintf(&b, "<text class=\"title\" x=\"%d\" y=\"36\">%s</text>\n", name, title)
	for i, w := range ways {
		y, colour, what := head+high*i, "#d3cdbd", w.What
		if strings.HasPrefix(w.Name, "dialtone") {
			colour = "#67a9bb"
		}
		if l == lang.Chinese {
			what = chinese[what]
		}
		x := func(seconds float64) float64 { return left + rate(seconds)/top*width }
		mid, low, best := median(w.Seconds), slices.Max(w.Seconds), slices.Min(w.Seconds)
		fmt.Fprintf(&b, `<text class="b" x="%d" y="%d">%s</text><text class="w" x="%d" y="%d">%s</text>`, name, y+14, w.Name, manner, y+14, what)
		fmt.Fprintf(&b, `<rect fill=%q x="%d" y="%d" width="%.1f" height="%d"/>`, colour, left, y, x(mid)-left, high-8)
		fmt.Fprintf(&b, `<line stroke="#24292f" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x(low), x(best), y+(high-8)/2, y+(high-8)/2)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d">%.0f</text>`+"\n", x(best)+8, y+14, rate(mid))
	}
	fmt.Fprintf(&b, "<text class=\"w\" x=\"%d\" y=\"%d\">%s</text>\n</svg>\n", name, total-16, note)
	return b.String()
}
