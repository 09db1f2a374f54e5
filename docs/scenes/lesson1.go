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

func lesson1(fs *flag.FlagSet, say pick) script {
	n := fs.Int("n", basic.Repeats, say("how many greetings the server sends in the first scene", "第一幕里服务端发几遍"))
	buf := fs.Int("buf", 1024, say("the client's buffer in the first scene, in `BYTES`", "第一幕里客户端的缓冲区有多少`字节`"))
	return func(context.Context) ([]Scene, error) {
		err := errors.Join(within("n", *n, 1, 1000), within("buf", *buf, 1, 1<<20))
		return []Scene{
			greetings(*n, *buf),
			scene("say-something", nil, saySomething, ends(nth(0, done("client", ladder.Read)), "", "EOF", ".+")),
			scene("nobody-listens", nil, nobodyListens, ends(done("client", ladder.Dial), "ETIMEDOUT|deadline exceeded", "ECONNREFUSED", "")),
			scene("kernel-answers", nil, kernelAnswers, order(done("server", ladder.Accept), done("client", ladder.Dial), done("client", ladder.Write))),
		}, err
	}
}

// greetings: n of them, which are as many Reads as it happens.
func greetings(n, buf int) Scene {
	all := n * len(basic.Greeting)
	return scene("listen-to-me", vars{"n": n, "all": all}, listenToMe(n, buf), func(ev []ladder.Event) ([]int, []ladder.Event) {
		switch reads := heard("client")(ev); {
		case len(reads) == n:
			return []int{0, 1}, reads
		case len(reads) == all:
			return []int{2}, reads
		default:
			return []int{1}, reads
		}
	}).finds(func(s *stage) vars {
		reads, total := heard("client")(s.played()), 0
		for _, e := range reads {
			total += e.N
		}
		many := Text{fmt.Sprint(len(reads), " Reads"), fmt.Sprint(len(reads))}
		if len(reads) == 1 {
			many.En = "1 Read"
		}
		return vars{"n": n, "total": total, "reads": many}
	})
}

// listenToMe: the server sends n greetings, the client reads until the end,
// at most buf bytes at a time.
func listenToMe(n, buf int) action {
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
	return errors.Join(basic.Send(conn, wait, request), listens(conn))
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
		return both(func() error { return basic.Reply(ln, wait) }, func() error { return listens(conn) })
	})
}
