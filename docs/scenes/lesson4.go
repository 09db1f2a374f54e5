package scenes

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
	"example.com/dialtone/04-sticky-packets/cures"
	"example.com/dialtone/docs/ladder"
)

// calls is one call of lesson 4: what the server says, and how the client
// listens.
type calls struct {
	messages [][]byte
	gap      time.Duration // between the server's Writes
	pause    time.Duration // before each of the client's Reads
	buf      int           // of the client, in bytes
	nagle    bool          // the server's TCP_NODELAY is off
}

// within says what may be chosen for a flag, where value is not.
func within(name string, value, least, most int) error {
	if value < least || value > most {
		return usage{fmt.Sprintf("-%s %d: choose %d to %d", name, value, least, most), fmt.Sprintf("-%s %d：请选 %d 到 %d", name, value, least, most)}
	}
	return nil
}

func lesson4(fs *flag.FlagSet, say pick) script {
	n := fs.Int("n", 31, say("how many messages the server sends", "服务端发几条消息"))
	var c calls
	fs.DurationVar(&c.gap, "gap", 0, say("how long the server waits after each message, such as 2ms", "服务端每发一条消息之后等多久，例如 2ms"))
	fs.DurationVar(&c.pause, "pause", 5*time.Millisecond, say("how long the client waits before each Read", "客户端每次 Read 之前等多久"))
	fs.IntVar(&c.buf, "buf", 1024, say("the client's buffer in `BYTES`", "客户端的缓冲区有多少`字节`"))
	fs.BoolVar(&c.nagle, "nagle", false, say("switch Nagle's algorithm on at the server: TCP_NODELAY off", "服务端打开 Nagle 算法（关掉 TCP_NODELAY）"))
	rounds := fs.Int("rounds", 20, say("how often each of the cures is tried", "每种偏方试几次"))
	return func(context.Context) ([]Scene, error) {
		if c.gap < 0 || c.pause < 0 {
			return nil, usage{"-gap and -pause cannot be negative", "-gap 和 -pause 不能是负数"}
		}
		if err := errors.Join(within("n", *n, 1, 1000), within("buf", c.buf, 1, 1<<20), within("rounds", *rounds, 1, 1<<20)); err != nil {
			return nil, err
		}
		c.messages = slices.Repeat([][]byte{[]byte(hello)}, *n)
		reads := *n*len(hello)/c.buf + *n // at most, whatever the split
		if longest := c.gap.Seconds()*float64(*n) + c.pause.Seconds()*float64(reads); longest > sceneLimit.Seconds()*0.9 {
			return nil, usage{
				fmt.Sprintf("that could take %.0f s, and a scene has %v: choose a smaller -n, -gap or -pause", longest, sceneLimit),
				fmt.Sprintf("这样可能要 %.0f 秒，而一幕只有 %v：请把 -n、-gap 或 -pause 调小", longest, sceneLimit)}
		}
		return lesson4scenes(c, *rounds), nil
	}
}

// hello is what the server of lesson 1 says 31 times.
const hello = "hello baby~"

func lesson4scenes(mine calls, rounds int) []Scene {
	n := len(mine.messages)
	long := calls{messages: [][]byte{bytes.Repeat([]byte(hello), 25)}, pause: mine.pause, buf: 100}
	in := fmt.Sprintf("%d messages in", n)
	if n == 1 {
		in = "1 message in"
	}
	noDelay := Text{"Go has switched Nagle off (TCP_NODELAY)", "Go 默认已经关掉 Nagle（TCP_NODELAY）"}
	if mine.nagle {
		noDelay = Text{"Nagle is on (SetNoDelay(false))", "Nagle 开着（SetNoDelay(false)）"}
	}
	odd := mine
	odd.gap, odd.buf = 0, 100
	v := vars{"n": n, "in": in, "pause": mine.pause, "nagle": noDelay}
	viewed := func(slug string, c calls, right judge) Scene {
		sc := scene(slug, v, c.play, right)
		sc.after = func(s *stage) error {
			var reads []int
			for _, e := range heard("client")(s.played()) {
				reads = append(reads, e.N)
			}
			return s.view(c.messages, reads)
		}
		return sc
	}
	return []Scene{
		viewed("glued", mine, count(heard("client"), n, n+1)),
		viewed("cut", long, count(heard("client"), 2)),
		viewed("both", odd, func(ev []ladder.Event) ([]int, []ladder.Event) {
			at := 0
			for _, e := range heard("client")(ev) {
				if at += e.N; at%len(hello) != 0 {
					return []int{0}, []ladder.Event{e}
				}
			}
			return []int{1}, heard("client")(ev)
		}),
		{after: func(s *stage) error { return s.cures(rounds) }},
		framed(mine.messages, v),
		scene("browser", nil, browser, func(ev []ladder.Event) (right []int, seen []ladder.Event) {
			right, seen = ends(done("client", ladder.Read), "deadline exceeded", "", ".+")(ev)
			return right, append(seen, find(ev, "server", ladder.Note)...) // it says why
		}),
	}
}

// play is the call.
func (c calls) play(ctx context.Context, r *ladder.Recorder) error {
	buf, nagle := make([]byte, c.buf), c.nagle
	return between(ctx, r, func(conn net.Conn) error {
		if c, ok := conn.(interface{ SetNoDelay(bool) error }); ok && nagle {
			if err := c.SetNoDelay(false); err != nil {
				return err
			}
		}
		for _, m := range c.messages {
			if _, err := conn.Write(m); err != nil {
				return err
			}
			if err := hold(ctx, c.gap); err != nil {
				return err
			}
		}
		return nil
	}, func(conn net.Conn) error {
		for {
			if err := hold(ctx, c.pause); err != nil {
				return err
			}
			if _, err := conn.Read(buf); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
}

// between is a call in which the server says something and hangs up.
func between(ctx context.Context, r *ladder.Recorder, say, hear func(net.Conn) error) error {
	return call(ctx, r, func(_ context.Context, ln net.Listener) error {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		defer conn.Close()
		return say(conn)
	}, hear)
}

// view draws messages in and reads out, every byte in the colour of the
// message that it came from; where there is no colour, a bar stands before
// each message's first byte.
func (s *stage) view(messages [][]byte, reads []int) error {
	const shown, perLine = 400, 55 // bytes, then dots
	out := s.paced()
	var cells []string
	var ends []int // of the messages
	for i, m := range messages {
		for j := range m {
			cell := string(m[j : j+1])
			if s.colour {
				cell = fmt.Sprintf("\x1b[30;%dm%s\x1b[0m", []int{42, 43, 46, 45, 47}[i%5], cell)
			} else if j == 0 {
				cell = "|" + cell
			}
			cells = append(cells, cell)
		}
		ends = append(ends, len(cells))
	}
	line := func(label string, from, to int) {
		all := slices.Clone(cells[from:min(to, shown)])
		if to > shown {
			all = append(all, "…")
		}
		for part := range slices.Chunk(all, perLine) {
			fmt.Fprintln(out, label+strings.Repeat(" ", max(1, 18-ladder.Width(label)))+strings.Join(part, ""))
			label = ""
		}
	}
	line(s.lang.Pick("in:  ", "写入：")+fmt.Sprintf("%d × %d B", len(messages), len(messages[0])), 0, len(cells))
	at, most, cut := 0, 0, map[int]bool{}
	for i, n := range reads {
		if at < shown {
			line(s.lang.Pick("out: ", "读到：")+fmt.Sprintf("%d. %d B", i+1, n), at, at+n)
		}
		first, _ := slices.BinarySearch(ends, at+1) // the message of its first byte, and of its last
		last, whole := slices.BinarySearch(ends, at+n)
		most = max(most, last-first+1)
		if at += n; !whole {
			cut[last] = true
		}
	}
	return s.Say(fmt.Sprintf("messages in: %d; Reads out: %d; messages in one Read: up to %d; cut: %d", len(messages), len(reads), most, len(cut)),
		fmt.Sprintf("发出 %d 条消息，%d 次 Read 读完；一次 Read 里最多 %d 条；被拆开 %d 条", len(messages), len(reads), most, len(cut)))
}

// cures tries them all and says how often each failed.
func (s *stage) cures(rounds int) error {
	fmt.Fprintln(s.paced())
	s.told("cures", vars{"rounds": rounds}, nil)
	var rows [][]string
	for _, c := range cures.All {
		o, err := cures.Try(s.ctx, c, rounds)
		if err != nil {
			return err
		}
		seen := fmt.Sprintf("%d → %d–%d", len(c.Messages), o.Fewest, o.Most)
		if o.Fewest == o.Most {
			seen = fmt.Sprintf("%d → %d", len(c.Messages), o.Most)
		}
		rows = append(rows, []string{
			s.lang.Pick(c.En, c.Zh),
			fmt.Sprintf(s.lang.Pick("%d of %d", "%d / %d"), o.Failed, o.Rounds),
			seen,
			fmt.Sprintf("%.1f ms", o.Took.Seconds()*1000/float64(o.Rounds)),
		})
	}
	return s.Table(Text{"tried,failed,sent → seen,a round", "做法,失败,发出 → 看到,每轮"}, rows)
}

// framed is the first scene again, in frames.
func framed(messages [][]byte, v vars) Scene {
	got, whole := 0, 0
	return scene("framed", v, func(ctx context.Context, r *ladder.Recorder) error {
		got, whole = 0, 0
		return between(ctx, r, func(conn net.Conn) error {
			for _, m := range messages {
				if err := sticky.WriteFrame(conn, m, 1024); err != nil {
					return err
				}
			}
			return nil
		}, func(conn net.Conn) error {
			frames := sticky.NewReader(conn, 1024)
			for ; ; got++ {
				p, err := frames.Next()
				if err == io.EOF {
					r.Note("client", fmt.Sprintf("messages: %d", got), fmt.Sprintf("得到 %d 条消息", got))
					return nil
				}
				if err != nil {
					return err
				}
				if got < len(messages) && bytes.Equal(messages[got], p) {
					whole++
				}
			}
		})
	}, func(ev []ladder.Event) (right []int, seen []ladder.Event) {
		for _, note := range find(ev, "client", ladder.Note) {
			for i, want := range []int{len(heard("client")(ev)), len(messages)} {
				if note.En == fmt.Sprintf("messages: %d", want) {
					right = append(right, i)
				}
			}
			seen = append(seen, note)
		}
		return right, seen
	}).finds(func(*stage) vars { return vars{"n": len(messages), "got": got, "whole": whole} })
}

// browser calls the server of this lesson in HTTP.
func browser(ctx context.Context, r *ladder.Recorder) error {
	server := sticky.Server{MaxSize: 1 << 20, MessageTimeout: wait, MaxConns: 1, ShutdownTimeout: wait, OnClose: func(_ net.Addr, err error) {
		if errors.Is(err, sticky.ErrTooLarge) {
			r.Note("server", err.Error(), "服务端报告："+err.Error())
		}
	}}
	return call(ctx, r, server.Serve, func(conn net.Conn) error {
		conn.SetDeadline(time.Now().Add(wait))
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, conn)
		return err
	})
}
