package scenes

import (
	"context"
	"flag"
	"fmt"
	"net"

	basic "example.com/dialtone/01-basic"
	"example.com/dialtone/docs/ladder"
)

func lesson1(context.Context, *flag.FlagSet) ([]Scene, error) {
	return []Scene{
		{"listen-to-me", Text{"Listen to me: 31 times the same", "听我说：同一句话说 31 遍"},
			predict(theIdea, Text{"The server calls Write 31 times, 11 bytes each. How many Reads does the client need for all 341 bytes? (The kernel decides. If it happens to be 31, the first two both count.)",
				"服务端 Write 31 次，每次 11 字节。客户端要 Read 几次才能读完这 341 个字节？（由内核决定。要是这次正好 31 次，前两个都算对。）"},
				[]Text{{"31: one for each Write", "31 次：一次 Write 对一次 Read"}, {"that varies: a Read takes whatever is there", "说不准：有多少读多少"}, {"341: one for each byte", "341 次：一个字节一次"}},
				func(ev []ladder.Event) ([]int, []ladder.Event) {
					switch reads := heard("client")(ev); {
					case len(reads) == basic.Repeats:
						return []int{0, 1}, reads
					case len(reads) == basic.Repeats*len(basic.Greeting):
						return []int{2}, reads
					default:
						return []int{1}, reads
					}
				}), listenToMe, func(s *stage) error {
				reads, total := 0, 0
				for _, e := range heard("client")(s.played()) {
					reads, total = reads+1, total+e.N
				}
				many := "Reads"
				if reads == 1 {
					many = "Read"
				}
				s.Say(
					fmt.Sprintf("%d Writes, %d B in all, heard in %d %s. "+
						"Play it again: the sum stays, the number of Reads need not. Why not %d? Lesson 4 answers.",
						basic.Repeats, total, reads, many, basic.Repeats),
					fmt.Sprintf("Write 了 %d 次，一共 %d B；客户端 Read 了 %d 次才听完。"+
						"再演一遍：总数不变，Read 的次数却不一定。为什么不是 %d 次？第 4 课回答。",
						basic.Repeats, total, reads, basic.Repeats))
				return nil
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
	}, nil
}

// listenToMe: the server sends greetings, the client reads until the end.
func listenToMe(ctx context.Context, r *ladder.Recorder) error {
	ln, err := phone(r, "server")
	if err != nil {
		return err
	}
	return both(func() error { return basic.SendGreetings(ln, wait) }, func() error {
		return client(ctx, r, ln.Addr().String(), func(conn net.Conn) error {
			total, err := basic.Receive(conn, wait, func([]byte) {})
			if want := int64(basic.Repeats * len(basic.Greeting)); err == nil && total != want {
				err = fmt.Errorf("received %d of %d bytes", total, want)
			}
			return err
		})
	})
}

// saySomething: the client sends a request, the server replies once.
func saySomething(ctx context.Context, r *ladder.Recorder) error {
	ln, err := phone(r, "server")
	if err != nil {
		return err
	}
	return both(func() error { return basic.Reply(ln, wait) }, func() error {
		return client(ctx, r, ln.Addr().String(), func(conn net.Conn) error {
			return chat(conn, "hello")
		})
	})
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
