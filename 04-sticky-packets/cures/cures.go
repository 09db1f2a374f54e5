// Package cures tries what people do about sticky packets, on real
// connections, and counts how often it fails. None of it is a cure except
// the last; copy nothing from here but that. (The cure is in the folder
// above.)
package cures

import (
	"fmt"
	"strings"
)

// A Cure is one way to send messages and to take them off the stream.
type Cure struct {
	Slug, En, Zh string
	Messages     [][]byte // what each round sends
	send         sender
	receive      receiver // of what it takes for messages
}

// Small are messages far shorter than any buffer; Few are fewer of them,
// for who sleeps between them; Large are longer than what one Read brings;
// Many are enough for writers to meet.
var (
	Small = numbered(31, 0)
	Few   = numbered(8, 0)
	Large = numbered(4, 200_000)
	Many  = numbered(400, 0)
)

// numbered are messages that differ, each with as many dots at its end.
func numbered(n, dots int) (messages [][]byte) {
	for i := range n {
		messages = append(messages, fmt.Appendf(nil, "hello baby~ %d%s", i+1, strings.Repeat(".", dots)))
	}
	return messages
}

// Max is the longest message that any of them sends, in bytes.
const Max = 1 << 20

// All are the cures, in the order of the chapter.
var All = []Cure{
	{"nodelay", "TCP_NODELAY on, one Read a message", "打开 TCP_NODELAY，每条消息 Read 一次",
		Small, writes(nothing), oneRead(1024)},
	{"delay", "TCP_NODELAY off, one Read a message", "关闭 TCP_NODELAY，每条消息 Read 一次",
		Small, nagle, oneRead(1024)},
	{"sleep", "sleep 1 ms between Writes", "每次 Write 之间睡 1 毫秒",
		Few, writes(sleep), oneRead(1024)},
	{"sleep-busy", "the same, the reader busy for 5 ms", "同上，但读的一方忙了 5 毫秒",
		Few, writes(sleep), busy(oneRead(1024))},
	{"buffer", "a bigger buffer: 1 MiB", "加大缓冲区：1 MiB",
		Large, writes(nothing), oneRead(1 << 20)},
	{"ok", `"ok" in between, short messages`, "每条之间回一个 ok，短消息",
		Small, writes(readOK), sayOK},
	{"ok-large", `"ok" in between, 200 kB messages`, "每条之间回一个 ok，200 kB 的消息",
		Large, writes(readOK), sayOK},
	{"new-reader", "a new bufio.Reader for each line", "每读一行就新建一个 bufio.Reader",
		Small, lines, newReaders},
	{"one-read-body", "length first, then one Read for the rest", "先读长度，再用一次 Read 读载荷",
		Large, writers(1, frame), oneReadBody},
	{"peek", "Peek(4), then wait for Buffered()", "Peek(4)，再等 Buffered() 够数",
		Large, writers(1, frame), peekBuffered},
	{"two-writes", "frames, but prefix and payload in two Writes", "有帧，但前缀和载荷分两次 Write",
		Many, writers(4, twoWrites), readFrames},
	{"frames", "frames (the cure), short messages", "帧（真正的解法），短消息",
		Small, writers(1, frame), readFrames},
	{"frames-large", "frames (the cure), 200 kB messages", "帧（真正的解法），200 kB 的消息",
		Large, writers(1, frame), readFrames},
	{"frames-writers", "frames (the cure), many writers", "帧（真正的解法），多个写者",
		Many, writers(4, frame), readFrames},
}
