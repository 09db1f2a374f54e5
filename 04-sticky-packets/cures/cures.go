// Package cures tries what people do about sticky packets, on real
// connections, and counts how often it fails. None of it is a cure except
// the last; copy nothing from here but that. (The cure is in the folder
// above.)
package cures

import (
	"fmt"
	"net"
	"strings"
)

// A Cure is one way to send messages and to take them off the stream.
type Cure struct {
	Slug, En, Zh string
	// Messages are what each round sends.
	Messages [][]byte
	// Send sends them; Receive gives what it takes for messages. Both
	// have the connection, and a deadline, to themselves.
	Send    func(conn *net.TCPConn, messages [][]byte) error
	Receive func(conn *net.TCPConn) ([][]byte, error)
	// Unordered says that several writers send at once.
	Unordered bool
}

// Small are messages far shorter than any buffer; Few are fewer of them,
// for who sleeps between them; Large are longer than what one Read brings.
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
		Small, noDelay(true), oneRead(1024), false},
	{"delay", "TCP_NODELAY off, one Read a message", "关闭 TCP_NODELAY，每条消息 Read 一次",
		Small, noDelay(false), oneRead(1024), false},
	{"sleep", "sleep 1 ms between Writes", "每次 Write 之间睡 1 毫秒",
		Few, sleeping, oneRead(1024), false},
	{"sleep-busy", "the same, the reader busy for 5 ms", "同上，但读的一方忙了 5 毫秒",
		Few, sleeping, busy(oneRead(1024)), false},
	{"buffer", "a bigger buffer: 1 MiB", "加大缓冲区：1 MiB",
		Large, noDelay(true), oneRead(1 << 20), false},
	{"ok", `"ok" in between, short messages`, "每条之间回一个 ok，短消息",
		Small, waitForOK, sayOK, false},
	{"ok-large", `"ok" in between, 200 kB messages`, "每条之间回一个 ok，200 kB 的消息",
		Large, waitForOK, sayOK, false},
	{"new-reader", "a new bufio.Reader for each line", "每读一行就新建一个 bufio.Reader",
		Small, lines, newReaders, false},
	{"one-read-body", "length first, then one Read for the rest", "先读长度，再用一次 Read 读正文",
		Large, frames, oneReadBody, false},
	{"peek", "Peek(4), then wait for Buffered()", "Peek(4)，再等 Buffered() 够数",
		Large, frames, peekBuffered, false},
	{"two-writes", "frames, but prefix and payload in two Writes", "有帧，但前缀和正文分两次 Write",
		Many, twoWrites, readFrames, true},
	{"frames", "frames (the cure), short messages", "帧（真正的解法），短消息",
		Small, frames, readFrames, false},
	{"frames-large", "frames (the cure), 200 kB messages", "帧（真正的解法），200 kB 的消息",
		Large, frames, readFrames, false},
	{"frames-writers", "frames (the cure), many writers", "帧（真正的解法），多个写者",
		Many, manyWriters, readFrames, true},
}
