package scenes

import (
	"context"
	"fmt"
	"net"

	basic "example.com/dialtone/01-basic"
	"example.com/dialtone/docs/ladder"
)

func lesson1(ctx context.Context, s *stage) error {
	err := s.Scene("listen-to-me", "Listen to me: 31 times the same", "听我说：同一句话说 31 遍", listenToMe)
	if err != nil {
		return err
	}
	reads, total := 0, 0
	for _, e := range find(s.played(), "client", ladder.Read) {
		if e.N > 0 {
			reads, total = reads+1, total+e.N
		}
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

	err = s.Scene("say-something", "Say something: the caller speaks first", "说句话：打电话的人先开口", saySomething)
	if err != nil {
		return err
	}
	s.Say("One side may say that it has said all and go on listening: CloseWrite. EOF means just that: no more will come.",
		"一方可以说“我说完了”，然后继续听：这就是 CloseWrite。EOF 的意思也只是：不会再有数据了。")

	err = s.Scene("nobody-listens", "Nobody is listening", "没有人在听", nobodyListens)
	if err != nil {
		return err
	}
	s.Say("Refused is an answer: that machine is there, and no program listens at that number. It comes at once.",
		"“拒绝”也是一种回答：机器在，只是那个号码上没有程序在听。它来得很快。")

	err = s.Scene("kernel-answers", "The kernel answers before you do", "你还没接，内核先接了", kernelAnswers)
	if err != nil {
		return err
	}
	s.Say("Dial and Write succeeded with nobody at the phone: the kernel shakes hands and keeps the bytes. "+
		"Accept only takes the next call from its queue.",
		"还没有人接电话，Dial 和 Write 就都成功了：握手的是内核，先收下数据的也是内核。"+
			"Accept 只是从它的队列里取出下一通电话。")
	return nil
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
