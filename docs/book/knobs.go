package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/scenes"
)

// knob is what a reader may change before a play: a flag of the lesson, and
// the value that it has. It takes what ok matches, or one of its choices.
type knob struct {
	Flag, Value string
	name        scenes.Text
	ok          string
	choices     []choice
}

type choice struct {
	Value string
	name  scenes.Text
}

func both(en, zh string) scenes.Text { return scenes.Text{En: en, Zh: zh} }

var (
	yesNo    = []choice{{"false", both("no", "否")}, {"true", both("yes", "是")}}
	offOn    = []choice{{"off", both("off", "关闭")}, {"on", both("on", "打开")}}
	enders   = []choice{{"server", both("the server", "服务端")}, {"client", both("the client", "客户端")}, {"reset", both("a reset", "RST")}}
	messages = knob{"n", "31", both("messages", "消息数"), `[1-9]\d{0,2}|1000`, nil}
	buffer   = knob{"buf", "1024", both("buffer, bytes", "缓冲区（字节）"), `[1-9]\d{0,3}`, nil}
	callers  = []knob{{"callers", "2", both("callers", "来电数"), `[2-8]`, nil}, {"slam", "false", both("A ends with a reset", "A 用 RST 结束"), "", yesNo}}
)

// knobs are those of a scene.
var knobs = map[string][]knob{
	"listen-to-me":         {{"n", "31", both("greetings", "说几遍"), messages.ok, nil}, buffer},
	"second-caller-waits":  callers,
	"second-caller-served": callers,
	restart: {{"first", "server", both("ends the call", "谁结束通话"), "", enders},
		{"old", "off", both("SO_REUSEADDR before", "原来的 SO_REUSEADDR"), "", offOn}, {"new", "off", both("after", "重启后"), "", offOn}},
	"glued":      {messages, {"gap", "0ms", both("gap", "间隔"), `\d{1,2}ms`, nil}, buffer, {"nagle", "false", both("Nagle", "Nagle"), "", yesNo}},
	"framed":     {messages},
	"comes-back": {{"film", "64000", both("size, bytes", "大小（字节）"), `[1-9]\d{0,6}`, nil}, {"dies", "40000", both("dies after", "发到多少字节时挂掉"), `[1-9]\d{0,6}`, nil}},
	"refused":    {{"name", "../../etc/passwd", both("file name", "文件名"), `[^\pC]{0,80}`, nil}},
}

// restart is the scene that has a button for each combination.
const restart = "server-first"

// Name, Pattern and Choices are for the page.
func (k knob) Name(l lang.Lang) string { return k.name.In(l) }

func (k knob) Choices(l lang.Lang) (all [][2]string) {
	for _, c := range k.choices {
		all = append(all, [2]string{c.Value, c.name.In(l)})
	}
	return all
}

func (k knob) takes(value string) bool {
	if k.choices != nil {
		return slices.ContainsFunc(k.choices, func(c choice) bool { return c.Value == value })
	}
	return regexp.MustCompile("^(" + k.ok + ")$").MatchString(value)
}

// row is a line of the restart's combinations: for each, the values of the
// three knobs, in their order.
type row struct {
	Name  string
	Cells []string
}

func combinations(l lang.Lang) (rows []row) {
	for _, first := range enders {
		r := row{Name: first.name.In(l)}
		for _, old := range offOn {
			for _, again := range offOn {
				r.Cells = append(r.Cells, strings.Join([]string{first.Value, old.Value, again.Value}, " "))
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// find is the scene of a lesson, set up as the knobs say.
func find(lesson int, slug string, set map[string]string) (scenes.Scene, error) {
	lessons := scenes.Lessons()
	if lesson < 1 || lesson > len(lessons) {
		return scenes.Scene{}, fmt.Errorf("no lesson %d", lesson)
	}
	var args []string
	for name, value := range set {
		if !slices.ContainsFunc(knobs[slug], func(k knob) bool { return k.Flag == name && k.takes(value) }) {
			return scenes.Scene{}, fmt.Errorf("%s: %q is nothing that this scene takes", name, value)
		}
		args = append(args, "-"+name+"="+value)
	}
	all, err := lessons[lesson-1].Scenes(context.Background(), args...)
	if err != nil {
		return scenes.Scene{}, err
	}
	i := slices.IndexFunc(all, func(sc scenes.Scene) bool { return sc.Slug == slug })
	if i < 0 {
		return scenes.Scene{}, fmt.Errorf("lesson %d has no scene %q", lesson, slug)
	}
	return all[i], nil
}
