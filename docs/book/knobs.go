package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/dialtone/docs/scenes"
)

// knob is what a reader may change before a play: a flag of the lesson, and
// the value that it has. It takes a number from Min to Max, one of its
// choices, or, where it has none of them, a text.
type knob struct {
	Flag, Value string
	Name        scenes.Text
	Min, Max    int
	Choices     []choice
}

type choice struct {
	Value string
	Name  scenes.Text
}

func both(en, zh string) scenes.Text { return scenes.Text{En: en, Zh: zh} }

// mostText is how many bytes a text may have: more than a file's name may.
const mostText = 300

var (
	yesNo  = []choice{{"false", both("no", "否")}, {"true", both("yes", "是")}}
	offOn  = []choice{{"off", both("off", "关闭")}, {"on", both("on", "打开")}}
	enders = []choice{{"server", both("the server hangs up first", "服务端先挂断")}, {"client", both("the client hangs up first", "客户端先挂断")},
		{"reset", both("the server resets the call", "服务端用 RST 结束")}}
	messages = knob{"n", "31", both("messages", "消息数"), 1, 1000, nil}
	buffer   = knob{"buf", "1024", both("buffer, bytes", "缓冲区（字节）"), 1, 9999, nil}
	callers  = []knob{{"callers", "2", both("callers", "来电数"), 2, 8, nil}, {"slam", "false", both("A ends with a reset", "A 用 RST 结束"), 0, 0, yesNo}}
)

// knobs are those of a scene.
var knobs = map[string][]knob{
	"listen-to-me":         {{"n", "31", both("greetings", "说几遍"), 1, 1000, nil}, buffer},
	"second-caller-waits":  callers,
	"second-caller-served": callers,
	restart: {{"first", "server", both("how the call ends", "通话怎么结束"), 0, 0, enders},
		{"old", "off", both("SO_REUSEADDR before", "原来的 SO_REUSEADDR"), 0, 0, offOn}, {"new", "off", both("after", "重启后"), 0, 0, offOn}},
	"glued":      {messages, {"gap", "0", both("gap, ms", "间隔（毫秒）"), 0, 99, nil}, buffer, {"nagle", "false", both("Nagle", "Nagle"), 0, 0, yesNo}},
	"framed":     {messages},
	"comes-back": {{"film", "64000", both("size, bytes", "大小（字节）"), 2, 9_999_999, nil}, {"dies", "40000", both("dies after, bytes of header and file", "发到多少字节（连报头）时异常退出"), 1, 9_999_998, nil}},
	"refused":    {{"name", "../../etc/passwd", both("file name", "文件名"), 0, 0, nil}},
}

// restart is the scene that has a button for each combination.
const restart = "server-first"

// find is the scene of a lesson, set up as the knobs say.
func find(lesson int, slug string, set map[string]string) (scenes.Scene, error) {
	lessons := scenes.Lessons()
	if lesson < 1 || lesson > len(lessons) {
		return scenes.Scene{}, fmt.Errorf("no lesson %d", lesson)
	}
	var args []string
	for name, value := range set {
		known := slices.ContainsFunc(knobs[slug], func(k knob) bool { return k.Flag == name })
		if !known || len(value) > mostText || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return scenes.Scene{}, fmt.Errorf("%s: %q is nothing that this scene takes", name, value)
		}
		if name == "gap" {
			value += "ms"
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
