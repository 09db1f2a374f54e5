package ladder

import (
	"fmt"
	"strings"
	"time"

	"example.com/dialtone/docs/internal/lang"
)

// phrase is a text in both languages.
type phrase struct{ en, zh string }

func (p phrase) in(l lang.Lang) string { return l.Pick(p.en, p.zh) }

// calls are the names of the calls, and what they are on the telephone.
var calls = map[Kind]struct {
	verb string
	word phrase
}{
	Listen:     {"Listen", phrase{"buy a phone, insert the SIM, power on", "买手机、插卡、开机"}},
	Accept:     {"Accept", phrase{"pick up", "接听"}},
	Dial:       {"Dial", phrase{"dial", "拨号"}},
	Read:       {"Read", phrase{"listen", "听"}},
	Write:      {"Write", phrase{"speak", "说"}},
	Close:      {"Close", phrase{"hang up", "挂断"}},
	CloseWrite: {"CloseWrite", phrase{"that is all I have to say", "我说完了"}},
	Off:        {"Close", phrase{"switch off", "关机"}},
}

// Verb is the call's name in Go: "CloseWrite".
func (k Kind) Verb() string { return calls[k].verb }

var slam = phrase{"slam the phone", "摔电话"}

// meanings say what an error is on the telephone.
var meanings = map[string]phrase{
	"EOF":               {"the other side will say no more", "对方不再说话"},
	"ECONNREFUSED":      {"that phone is off", "对方没有开机"},
	"ECONNRESET":        {"the other side slammed the phone", "对方摔了电话"},
	"ECONNABORTED":      {"the line was cut", "线路被切断"},
	"EPIPE":             {"the line is dead, nobody hears this", "线路已断，没人听得到"},
	"EADDRINUSE":        {"the number is taken", "号码已被占用"},
	"EADDRNOTAVAIL":     {"that number is not ours", "这不是本机的号码"},
	"EACCES":            {"not allowed", "没有权限"},
	"ENOTCONN":          {"the call is over", "连接已断"},
	"ETIMEDOUT":         {"nobody answers", "无人应答"},
	"EMFILE":            {"no descriptors left", "描述符用完了"},
	"deadline exceeded": {"waited long enough", "等得够久了"},
	"cancelled":         {"not wanted any more", "不再需要"},
	"no such host":      {"nobody has that name", "没有这个名字"},
}

var (
	hungUp     = phrase{"the other side has hung up", "对方挂断了"}
	saidAll    = phrase{"the other side has said all", "对方说完了"}
	offHere    = phrase{"switched off on this side", "这边已关机"}
	closedHere = phrase{"hung up on this side", "这边已挂断"}
	titles     = map[side]phrase{left: {"client", "客户端"}, right: {"server", "服务端"}}
)

func meaning(name string) phrase { return meanings[strings.TrimPrefix(name, "WSA")] }

func spent(l lang.Lang, d time.Duration) string {
	return fmt.Sprintf(l.Pick("%.2f s", "%.2f 秒"), d.Seconds())
}

func waited(l lang.Lang, d time.Duration) string {
	return l.Pick("after ", "等了 ") + spent(l, d)
}
