package scenes

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"

	basic "example.com/dialtone/01-basic"
	"example.com/dialtone/docs/ladder"
)

func lesson1(fs *flag.FlagSet) script {
	n := fs.Int("n", basic.Repeats, "how many greetings the server sends in the first scene")
	buf := fs.Int("buf", 1024, "the client's buffer in the first scene, in `BYTES`")
	return func(context.Context) ([]Scene, error) {
		err := errors.Join(within("n", *n, 1, 1000), within("buf", *buf, 1, 1<<20))
		return lesson1scenes(*n, *buf), err
	}
}

func lesson1scenes(n, buf int) []Scene {
	all := n * len(basic.Greeting)
	return []Scene{
		{"listen-to-me", Text{fmt.Sprintf("Listen to me: %d times the same", n), fmt.Sprintf("听我说：同一句话说 %d 遍", n)},
			predict(theIdea, Text{fmt.Sprintf("The server calls Write %d times, 11 bytes each. How many Reads does the client need for all %d bytes? (The kernel decides. If it happens to be %[1]d, the first two both count.)", n, all),
				fmt.Sprintf("服务端 Write %d 次，每次 11 字节。客户端要 Read 几次才能读完这 %d 个字节？（由内核决定。要是这次正好 %[1]d 次，前两个都算对。）", n, all)},
				[]Text{{fmt.Sprintf("%d: one for each Write", n), fmt.Sprintf("%d 次：一次 Write 对一次 Read", n)}, {"that varies: a Read takes whatever is there", "说不准：有多少读多少"},
					{fmt.Sprintf("%d: one for each byte", all), fmt.Sprintf("%d 次：一个字节一次", all)}},
				func(ev []ladder.Event) ([]int, []ladder.Event) {
					switch reads := heard("client")(ev); {
					case len(reads) == n:
						return []int{0, 1}, reads
					case len(reads) == all:
						return []int{2}, reads
					default:
						return []int{1}, reads
					}
				}), listenToMe(n, buf), func(s *stage) error {
				reads, total := 0, 0
				for _, e := range heard("client")(s.played()) {
					reads, total = reads+1, total+e.N
				}
				many := "Reads"
				if reads == 1 {
					many = "Read"
				}
				return s.Say(
					fmt.Sprintf("%d Writes, %d B in all, heard in %d %s. "+
						"Play it again: the sum stays, the number of Reads need not. Why not %[1]d? Lesson 4 answers.", n, total, reads, many),
					fmt.Sprintf("Write 了 %d 次，一共 %d B；客户端 Read 了 %d 次才听完。"+
						"再演一遍：总数不变，Read 的次数却不一定。为什么不是 %[1]d 次？第 4 课回答。", n, total, reads))
			}},
		{"say-something", Text{"Say something: the caller speaks first", "说句话：打电话的人先开口"},
			predict(theCode, Text{"The client sends its request and calls CloseWrite: it has said all. What does its first Read after that give?",
				"客户端发完请求就调用 CloseWrite：我说完了。之后它第一次 Read 得到什么？"},
				[]Text{{"the answer: only its own direction is closed", "服务端的回答：关掉的只是自己这个方向"}, {"EOF: the connection has ended", "EOF：连接已经结束"}, {"an error: the connection is closed here", "报错：这一端的连接已经关了"}},
				ends(nth(0, done("client", ladder.Read)), "", "EOF", ".+")), saySomething, say("One side may say that it has said all and go on listening: CloseWrite. EOF means just that: no more will come.",
				"一方可以说“我说完了”，然后继续听：这就是 CloseWrite。EOF 的意思也只是：不会再有数据了。")},
		{"nobody-listens", Text{"Nobody is listening", "没有人在听"},
			predict(goesWrong, Text{"No program listens at that port. What does Dial give?", "那个端口上没有程序在听。Dial 得到什么？"},
				[]Text{{"a timeout, after a long wait", "等很久，然后超时"}, {"a refusal: the machine itself says so", "一个“拒绝”：是机器自己回答的"}, {"a connection, of which the first Read fails", "一个连接，但第一次 Read 就失败"}},
				ends(done("client", ladder.Dial), "ETIMEDOUT|deadline exceeded", "ECONNREFUSED", "")), nobodyListens, say("Refused is an answer: that machine is there, and no program listens at that number. It comes at once.",
				"“拒绝”也是一种回答：机器在，只是那个号码上没有程序在听。它来得很快。")},
		{"kernel-answers", Text{"The kernel answers before you do", "你还没接，内核先接了"},
			predict(theIdea, Text{"The server listens, and has not called Accept yet. A client calls Dial, then Write. What happens before Accept?", "服务端在监听，但还没有调用 Accept。客户端先 Dial，再 Write。在 Accept 之前会发生什么？"},
				[]Text{{"Dial waits for Accept", "Dial 一直等到 Accept"}, {"Dial succeeds, Write waits for Accept", "Dial 成功，Write 一直等到 Accept"}, {"both succeed: the kernel answers, and keeps the bytes", "都成功：内核先接，数据也由它先收着"}},
				order(done("server", ladder.Accept), done("client", ladder.Dial), done("client", ladder.Write))), kernelAnswers, say("Dial and Write succeeded with nobody at the phone: the kernel shakes hands and keeps the bytes. "+
				"Accept only takes the next call from its queue.",
				"还没有人接电话，Dial 和 Write 就都成功了：握手的是内核，先收下数据的也是内核。"+
					"Accept 只是从它的队列里取出下一通电话。")},
	}
}

// listenToMe: the server sends n greetings, the client reads until the end,
// at most buf bytes at a time.
func listenToMe(n, buf int) func(context.Context, *ladder.Recorder) error {
	return func(ctx context.Context, r *ladder.Recorder) error {
		return call(ctx, r, func(_ context.Context, ln net.Listener) error {
			if n == basic.Repeats { // else the same calls, for the lesson has no other number
				return basic.SendGreetings(ln, wait)
			}
			defer ln.Close()
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			defer conn.Close()
			for range n {
				if _, err := io.WriteString(conn, basic.Greeting); err != nil {
					return err
				}
			}
			return nil
		}, func(conn net.Conn) error {
			total, err := basic.Receive(smallBuffer{conn, buf}, wait, func([]byte) {})
			if want := int64(n * len(basic.Greeting)); err == nil && total != want {
				err = fmt.Errorf("received %d of %d bytes", total, want)
			}
			return err
		})
	}
}

// smallBuffer is a connection whose reader has a buffer of at most size bytes.
type smallBuffer struct {
	net.Conn
	size int
}

func (c smallBuffer) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(len(p), c.size)]) }

// saySomething: the client sends a request, the server replies once.
func saySomething(ctx context.Context, r *ladder.Recorder) error {
	return call(ctx, r, func(_ context.Context, ln net.Listener) error { return basic.Reply(ln, wait) }, func(conn net.Conn) error { return chat(conn, "hello") })
}

func chat(conn net.Conn, request string) error {
	if err := basic.Send(conn, wait, request); err != nil {
		return err
	}
	_, err := basic.Receive(conn, wait, func([]byte) {})
	return err
}

// nobodyListens: the phone is bought and switched off, so that its number is
// known and nobody listens there.
func nobodyListens(ctx context.Context, r *ladder.Recorder) error {
	ln, err := phone(r, "server")
	if err != nil {
		return err
	}
	ln.Close()
	conn, err := r.Dial(ctx, "client", ln.Addr().String())
	if err == nil {
		conn.Close() // someone else got the number in between
	}
	return ctx.Err()
}

// kernelAnswers: Dial and Write, and only then Accept.
func kernelAnswers(ctx context.Context, r *ladder.Recorder) error {
	ln, err := phone(r, "server")
	if err != nil {
		return err
	}
	defer ln.Close()
	return client(ctx, r, ln.Addr().String(), func(conn net.Conn) error {
		if err := basic.Send(conn, wait, "anybody there?"); err != nil {
			return err
		}
		r.Note("", "Nobody has called Accept yet.", "到现在还没有人调用 Accept。")
		return both(func() error { return basic.Reply(ln, wait) }, func() error {
			_, err := basic.Receive(conn, wait, func([]byte) {})
			return err
		})
	})
}
