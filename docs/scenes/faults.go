package scenes

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	loops "example.com/dialtone/02-loops"
	sticky "example.com/dialtone/04-sticky-packets"
	"example.com/dialtone/docs/ladder"
	"example.com/dialtone/docs/wire"
)

// beneath are the scenes of a lesson about what only segments show. They are
// played with -segments only. In all but one there is an exchange between the
// two ends, each of which is in a network of its own.
func beneath(lesson int) []Scene {
	return map[int][]Scene{
		1: {{"syn-lost", Text{"The SYN is lost", "SYN 丢了"},
			predict(goesWrong, Text{"The client's SYN, its first segment, is lost on the way. What does Dial give?", "客户端的第一个报文段，也就是 SYN，在路上丢了。Dial 得到什么？"},
				[]Text{{"a refusal, at once", "马上就被拒绝"}, {"a connection, only later", "一个连接，只是慢了一点"}, {"a timeout: nobody has heard it", "超时：没有人听到"}},
				ends(done("client", ladder.Dial), "ECONNREFUSED", "", ".+")),
			through(&wire.Faults{LoseNth: 1}, saySomething),
			say("Nobody answered, and nobody refused: the client's kernel sends the SYN again after a second, and would go on. Dial only took longer.",
				"没有人回答，也没有人拒绝：客户端的内核一秒后重发 SYN，还没有回答就接着发。Dial 只是慢了一点。")}},
		2: {{"cable-pulled", Text{"The cable is pulled", "网线被拔了"},
			predict(goesWrong, Text{"The cable is pulled, and the client goes on writing. How does the server's Read end?", "网线被拔了，客户端还在写。服务端的 Read 怎么结束？"},
				[]Text{{"EOF: the client is gone", "EOF：客户端没了"}, {"a reset: the kernel notices", "连接被重置：内核发现了"}, {"only with its own deadline", "只有等到它自己的期限"}},
				ends(done("server", ladder.Read), "EOF", "ECONNRESET", "deadline exceeded")),
			cablePulled(),
			say("What the client writes goes out again and again, and never arrives. Nothing tells the server; only its deadline ends the call.",
				"客户端写的数据一次次重发，就是到不了。没有任何东西告诉服务端，只有它自己的期限结束了这次通话。")}},
		3: {{"last-ack-lost", Text{"The last ACK is lost: why TIME_WAIT is there", "最后一个 ACK 丢了：TIME_WAIT 为什么存在"},
			predict(theIdea, Text{"The server hung up first, then the client. The very last segment, the server's ACK, is lost. Does the client's kernel notice?", "服务端先挂断，客户端后挂断。最后一个报文段，也就是服务端的 ACK，丢了。客户端的内核会发现吗？"},
				[]Text{{"no: its program has closed already", "不会：程序已经关了连接"}, {"yes: it sends its FIN again", "会：它再发一次 FIN"}},
				count(again("client"), 1)),
			lastACKLost(),
			say("The client does not know that its FIN has arrived, so it sends it again; and somebody is there to confirm it once more. That is what TIME_WAIT is for.",
				"客户端不知道自己的 FIN 到没到，就再发一次；而那边还有人在，能再确认一次。TIME_WAIT 就是为此而存在的。")}},
		4: {{"nagle", Text{"31 Writes, without Nagle's algorithm and with it", "31 次 Write：先关掉 Nagle 算法，再打开"},
			predict(goesWrong, Text{"31 Writes leave in 31 segments, for Go switches Nagle's algorithm off. Now a server switches it on. How many segments leave?", "31 次 Write 发出 31 个报文段，因为 Go 关掉了 Nagle 算法。现在服务端把它打开，会发出几个？"},
				[]Text{{"fewer", "更少"}, {"31 all the same", "还是 31 个"}},
				count(dataOf(1), 31)),
			nagle, func(s *stage) error {
				off, on := len(dataOf(0)(s.played())), len(dataOf(1)(s.played()))
				return s.Say(fmt.Sprintf("%d segments without Nagle, %d with it. Either way the reader came late, and its Reads do not show how many there were.", off, on),
					fmt.Sprintf("不用 Nagle 是 %d 个报文段，用了是 %d 个。无论哪种，读的一方都来晚了，从它的 Read 看不出有几个报文段。", off, on))
			}},
			{"full-window", Text{"The reader does not read: the window is full", "对方不读：窗口满了"},
				predict(goesWrong, Text{"The server does not read. The client sends it a long frame, in one Write. What does this Write do?", "服务端不读。客户端用一次 Write 发一个很长的帧。这次 Write 会怎样？"},
					[]Text{{"it returns at once: the kernels keep all", "马上返回：内核全都收着"}, {"it waits until the server reads", "等到服务端来读"}},
					count(calling("client", ladder.Write, func(e ladder.Event) bool { return !e.Pending }), 1)),
				fullWindow(),
				say("First the reader's kernel was full, then the writer's: Write waited. The writer's kernel asked whether there was room again, until somebody read. Nothing was lost.",
					"先是读的一方内核满了，再是写的一方：Write 只好等。写的一方内核一再探问有没有地方，直到有人来读。什么也没丢。")}},
		5: {segmentLost()},
	}[lesson]
}

// again are the segments of who that were sent before.
func again(who string) picks {
	return calling(who, ladder.Sent, func(e ladder.Event) bool { return !e.Segment.Again })
}

// dataOf are the segments with bytes from the server in the n-th call, from 0.
func dataOf(n int) picks {
	return func(ev []ladder.Event) []ladder.Event {
		at := nth(n, done("client", ladder.Dial))(ev)
		return calling("server", ladder.Sent, func(e ladder.Event) bool {
			return len(at) == 0 || e.Remote != at[0].Local || e.Segment.Len == 0 || e.Segment.Again
		})(ev)
	}
}

// tapped is the key under which a scene's context has what listens.
type tapped struct{}

// action is what happens in a scene.
type action = func(context.Context, *ladder.Recorder) error

// through is a scene with an exchange between its two ends.
func through(f *wire.Faults, act action) action {
	return func(ctx context.Context, r *ladder.Recorder) error {
		t := ctx.Value(tapped{}).(*listening)
		if f.Delay == 0 { // so long a line that no answer comes before the next call
			f.Delay = 5 * time.Millisecond
		}
		x, err := wire.Connect(f, t.add)
		if err != nil {
			return err
		}
		t.exchange = x // until the connections have ended
		r.Through(x)
		err = act(ctx, r)
		if f.Over() {
			x.Close() // nothing ends any more
		}
		return err
	}
}

func cablePulled() action {
	answered := false
	confirm, confirmed := sighting("the ACK")
	end, ended := sighting("the FIN")
	cable := &wire.Faults{Lose: func(s wire.Segment) bool {
		switch {
		case !fromServer(s) && answered:
			confirm()
		case fromServer(s) && s.Flags&wire.FIN != 0:
			end()
		}
		answered = answered || fromServer(s) && len(s.Payload) > 0
		return false
	}}
	return through(cable, func(ctx context.Context, r *ladder.Recorder) error {
		return between(ctx, r, func(conn net.Conn) error {
			if err := loops.Echo(conn, time.Second); err == nil {
				return errors.New("it ended well")
			}
			return nil
		}, func(conn net.Conn) error {
			if err := errors.Join(exchange(conn, "hello"), confirmed()); err != nil {
				return err
			}
			cable.Cut()
			r.Note("", "The cable is pulled.", "网线被拔了。")
			_, err := io.WriteString(conn, "are you there?")
			return errors.Join(err, ended())
		})
	})
}

// fromServer says who sent s through an exchange.
func fromServer(s wire.Segment) bool { return s.From.Addr().As4()[3] == 2 }

// sighting is for what only the exchange sees: given there, and waited for here.
func sighting(what string) (give func(), came func() error) {
	seen := make(chan struct{})
	return sync.OnceFunc(func() { close(seen) }), func() error {
		select {
		case <-seen:
			return nil
		case <-time.After(wait):
			return errors.New(what + " did not come")
		}
	}
}

// lastACKLost: the server closes first, so it confirms last.
func lastACKLost() action {
	var fin uint32 // behind the client's FIN
	var twice bool // it has come again
	again, cameAgain := sighting("the FIN")
	lose := func(s wire.Segment) bool {
		switch {
		case fromServer(s):
			return fin != 0 && s.Ack == fin && !twice
		case s.Flags&wire.FIN != 0:
			if twice = fin != 0; twice {
				again()
			}
			fin = s.Seq + uint32(s.Len())
		}
		return false
	}
	return through(&wire.Faults{Lose: lose}, func(ctx context.Context, r *ladder.Recorder) error {
		return between(ctx, r, net.Conn.Close, func(conn net.Conn) error {
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
				return fmt.Errorf("want EOF, have %v", err)
			}
			conn.Close()
			return cameAgain() // and is confirmed
		})
	})
}

// nagle is the same call twice.
func nagle(ctx context.Context, r *ladder.Recorder) error {
	c := calls{messages: slices.Repeat([][]byte{[]byte(hello)}, 31), pause: 5 * time.Millisecond, buf: 1024}
	r.Note("server", "Nagle's algorithm is off, as always in Go.", "Nagle 算法关着：Go 默认如此。")
	err := c.play(ctx, r)
	c.nagle = true
	r.Note("server", "And now on: SetNoDelay(false).", "现在打开：SetNoDelay(false)。")
	return errors.Join(err, c.play(ctx, r))
}

// fullWindow: the server has room for little, and does not read before it was
// asked about it, and has answered.
func fullWindow() action {
	var full, asked bool
	answer, answered := sighting("the probe")
	watch := func(s wire.Segment) bool {
		switch {
		case !fromServer(s):
			asked = asked || full && s.Len() == 0
		case asked:
			answer()
		default:
			full = s.Window == 0
		}
		return false
	}
	message := bytes.Repeat([]byte(hello), 4000)
	return through(&wire.Faults{Lose: watch}, func(ctx context.Context, r *ladder.Recorder) error {
		ln, err := phone(r, "server")
		if err == nil {
			err = wire.ReadBuffer(ln.(syscall.Conn), 16<<10)
		}
		if err != nil {
			return err
		}
		defer ln.Close()
		return both(func() error {
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := answered(); err != nil {
				return err
			}
			got, err := sticky.ReadFrame(conn, 1<<20)
			if err == nil && !bytes.Equal(got, message) {
				err = errors.New("another frame")
			}
			io.Copy(io.Discard, conn) // the end
			return err
		}, func() error {
			return client(ctx, r, ln.Addr().String(), func(conn net.Conn) error {
				err := conn.(interface{ SetWriteBuffer(int) error }).SetWriteBuffer(4 << 10)
				return errors.Join(err, sticky.WriteFrame(conn, message, 1<<20))
			})
		})
	})
}

// segmentLost: of an upload one segment is lost, the third of the body.
func segmentLost() Scene {
	const size = 16_000
	var p post
	var sum [sha256.Size]byte
	return Scene{"segment-lost", Text{"An upload loses a segment", "上传途中丢了一个报文段"},
		predict(theIdea, Text{"Of the body of an upload one segment is lost; those behind it arrive. Who sees to it that its bytes come after all?", "上传的正文丢了一个报文段，后面的都到了。谁来把缺的字节补上？"},
			[]Text{{"the two programs: the digest differs, and the server asks again", "两端的程序：摘要不一样，服务端再要一遍"}, {"the kernels: no call hears of it", "两端的内核：哪个调用都不知道有这回事"}},
			count(again("client"), 1)),
		through(&wire.Faults{LoseNth: 7}, p.posting(func(ctx context.Context, r *ladder.Recorder, addr string) error {
			return p.send(ctx, r, addr, "film.mp4", strings.Repeat("0123456789abcdef", size/16), nil)
		}, func() error {
			sent, err := os.ReadFile(filepath.Join(p.dir, "sent"))
			if err != nil {
				return err
			}
			stored, err := os.ReadFile(filepath.Join(p.dir, "uploads", "film.mp4"))
			if sum = sha256.Sum256(sent); err == nil && sha256.Sum256(stored) != sum {
				err = errors.New("another file")
			}
			return err
		})), func(s *stage) error {
			return s.Say(fmt.Sprintf("The client's kernel sent it again, and the server's kept the rest until then. SHA-256 of the file here and there: %x….", sum[:4]),
				fmt.Sprintf("客户端的内核重发了它；后面的那些，服务端的内核先替它收着。两边文件的 SHA-256 都是 %x……", sum[:4]))
		}}
}
