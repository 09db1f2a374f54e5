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

	basic "example.com/dialtone/01-basic"
	loops "example.com/dialtone/02-loops"
	"example.com/dialtone/docs/ladder"
)

// held is how long the first caller holds the line, and how long a silence
// ends a call in the scenes about silence.
const held = 300 * time.Millisecond

func lesson2(fs *flag.FlagSet, say pick) script {
	n := fs.Int("callers", 2, say("how many call while the first one holds the line, that one included", "第一个来电者占着线时，一共有几个来电者（连它在内）"))
	slam := fs.Bool("slam", false, say("let the first caller end its call with a reset (SetLinger(0), Close)", "让第一个来电者摔电话（SetLinger(0)，再 Close）"))
	return func(context.Context) ([]Scene, error) {
		return slices.Concat([]Scene{scene("one-caller", nil, oneCaller, nil),
			scene("deadlock", nil, deadlock, ends(nth(0, done("server", ladder.Read)), "", "EOF", "deadline exceeded"))},
			secondCaller(*n, *slam), howCallsEnd()), within("callers", *n, 2, 8)
	}
}

// answering runs the server of lesson 2 while the callers make that many calls,
// and stops it when it has seen them all end.
func answering(ctx context.Context, r *ladder.Recorder, idle time.Duration, calls int,
	serve func(*loops.Server, context.Context, net.Listener) error, callers func(addr string) error) error {
	over := make(chan struct{}, 16)
	server := &loops.Server{
		Handler:         func(conn net.Conn) error { return loops.Echo(conn, idle) },
		ShutdownTimeout: wait, MaxConns: 16,
		OnClose: func(net.Addr, error) { over <- struct{}{} },
	}
	return serving(ctx, r, func(ctx context.Context, ln net.Listener) error { return serve(server, ctx, ln) }, func(addr string) error {
		if err := callers(addr); err != nil {
			return err
		}
		for range calls {
			select {
			case <-over:
			case <-ctx.Done():
			}
		}
		return nil
	})
}

// one is answering with one caller.
func one(ctx context.Context, r *ladder.Recorder, idle time.Duration, talk func(net.Conn) error) error {
	return answering(ctx, r, idle, 1, (*loops.Server).Serve, func(addr string) error { return client(ctx, r, addr, talk) })
}

func oneCaller(ctx context.Context, r *ladder.Recorder) error {
	return one(ctx, r, wait, func(conn net.Conn) error {
		var answers bytes.Buffer
		// Somebody who types: each Read gives one line.
		keyboard := io.MultiReader(strings.NewReader("hello\n"), strings.NewReader("你好, world\n"), strings.NewReader("bye\n"))
		if err := loops.Exchange(conn, keyboard, &answers, wait); err != nil {
			return err
		}
		if want := "HELLO\n你好, WORLD\nBYE\n"; answers.String() != want {
			return fmt.Errorf("got %q, want %q", answers.String(), want)
		}
		return nil
	})
}

// deadlock: the client of section 6.2 listens, and so does the server.
func deadlock(ctx context.Context, r *ladder.Recorder) error {
	return one(ctx, r, held, listens)
}

func listens(conn net.Conn) error {
	_, err := basic.Receive(conn, wait, func([]byte) {})
	return err
}

// secondCaller plays the same callers, two or more, against both servers.
func secondCaller(n int, slam bool) (scenes []Scene) {
	var rows [][]string
	for _, server := range []struct {
		slug  string
		name  Text
		serve func(*loops.Server, context.Context, net.Listener) error
	}{
		{"second-caller-waits", Text{"one after another (-sequential)", "一个一个地接（-sequential）"}, (*loops.Server).ServeSequential},
		{"second-caller-served", Text{"a goroutine per call", "每通电话一个 goroutine"}, (*loops.Server).Serve},
	} {
		sc := scene(server.slug, nil, func(ctx context.Context, r *ladder.Recorder) error {
			return answering(ctx, r, wait, n, server.serve, func(addr string) error { return callers(ctx, r, addr, n, slam) })
		}, order(heard("client B"), begun("client A", ladder.Close)))
		sc.after = func(s *stage) error {
			heard := find(s.played(), "client B", ladder.Read)[0]
			said := find(s.played(), "client B", ladder.Write)[0]
			rows = append(rows, []string{server.name.In(s.lang), fmt.Sprintf("%.3f s", (heard.At - said.At).Seconds())})
			return nil
		}
		scenes = append(scenes, sc)
	}
	return append(scenes, Scene{after: func(s *stage) error { return s.list("two servers", nil, rows) }})
}

// callers: A has its answer and holds the line; B has asked meanwhile, and
// so have those after B. A slams the phone, or hangs up.
func callers(ctx context.Context, r *ladder.Recorder, addr string, n int, slam bool) error {
	a, err := r.Dial(ctx, "client A", addr)
	if err != nil {
		return err
	}
	if err := exchange(a, "i am a"); err != nil {
		return err
	}
	others, word := make([]net.Conn, n-1), []byte("i am b")
	for i := range others {
		name := rune(i) + 'b'
		word[len(word)-1] = byte(name)
		if others[i], err = asks(ctx, r, "client "+strings.ToUpper(string(name)), addr, string(word)); err != nil {
			return err
		}
	}
	return both(func() error {
		if err := hold(ctx, held); err != nil {
			return err
		}
		if slam {
			err = lingerless(a)
		}
		return errors.Join(err, a.Close())
	}, func() error {
		for _, conn := range others { // each has its answer before the next one is served
			conn.SetReadDeadline(time.Now().Add(wait))
			if _, err := io.ReadFull(conn, make([]byte, len(word))); err != nil {
				return err
			}
			conn.Close()
		}
		return nil
	})
}

// lingerless makes the Close that follows a reset.
func lingerless(conn net.Conn) error { return conn.(interface{ SetLinger(int) error }).SetLinger(0) }

// exchange says word and hears as many bytes.
func exchange(conn net.Conn, word string) error {
	conn.SetDeadline(time.Now().Add(wait))
	if _, err := io.WriteString(conn, word); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, len(word)))
	return err
}

// ending is a way in which a call can end.
type ending struct {
	slug   string
	did    Text // the caller, for the table
	right  judge
	idle   time.Duration
	caller func(ctx context.Context, conn net.Conn) error
}

var endings = []ending{
	{"hang-up", Text{"Close", "Close"}, ends(done("server", ladder.Read), "EOF", "", ".+"), wait,
		func(ctx context.Context, conn net.Conn) error { return exchange(conn, "bye") }},
	{"half-close", Text{"CloseWrite", "CloseWrite"}, nil, wait,
		func(ctx context.Context, conn net.Conn) error { return chat(conn, "three questions at once") }},
	{"slam-unread", Text{"Close, bytes unread", "没读完就 Close"}, ends(done("server", ladder.Read), "EOF", "|deadline exceeded", "ECONNRESET"), wait,
		func(ctx context.Context, conn net.Conn) error {
			conn.SetDeadline(time.Now().Add(wait))
			if _, err := io.WriteString(conn, "tell me all"); err != nil {
				return err
			}
			// One byte of the answer is here: then all of it is, for the
			// server said it in one Write.
			_, err := io.ReadFull(conn, make([]byte, 1))
			return err
		}},
	{"slam-linger", Text{"SetLinger(0), Close", "SetLinger(0)，Close"}, nil, wait,
		func(ctx context.Context, conn net.Conn) error {
			return errors.Join(exchange(conn, "and another thing"), lingerless(conn))
		}},
	{"silence", Text{"falls silent", "不再说话"}, count(heard("server"), 2), held,
		func(ctx context.Context, conn net.Conn) error {
			// Two pauses, together longer than the server's idle timeout: each
			// word renews it.
			for range 2 {
				if err := hold(ctx, held*2/3); err != nil {
					return err
				}
				if exchange(conn, "still here") != nil {
					return nil // a busy machine: the pause was longer
				}
			}
			return listens(conn)
		}},
}

func howCallsEnd() (scenes []Scene) {
	var rows [][]string
	for _, e := range endings {
		sc := scene(e.slug, nil, func(ctx context.Context, r *ladder.Recorder) error {
			return one(ctx, r, e.idle, func(conn net.Conn) error { return e.caller(ctx, conn) }) // and hangs up
		}, e.right)
		sc.after = func(s *stage) error {
			rows = append(rows, []string{e.did.In(s.lang), failure(find(s.played(), "server", ladder.Read))})
			return nil
		}
		scenes = append(scenes, sc)
	}
	last := scene("write-after-hang-up", nil, writeAfterHangUp, count(done("server", ladder.Write), 1, 2))
	last.after = func(s *stage) error {
		writes := find(s.played(), "server", ladder.Write)
		rows = append(rows, []string{s.lang.Pick("Close, and the server still talks", "已经 Close，服务端还在说"),
			"Write " + result(writes[0]) + s.lang.Pick(", then ", "，然后 ") + "Write " + result(writes[len(writes)-1])})
		return s.list("write-after-hang-up", nil, rows)
	}
	return append(scenes, last)
}

// failure is how the last of the reads ended.
func failure(reads []ladder.Event) string {
	for _, e := range slices.Backward(reads) {
		if e.Err != "" {
			return "Read " + e.Err
		}
	}
	return "?"
}

func result(e ladder.Event) string {
	if e.Err != "" {
		return e.Err
	}
	return fmt.Sprintf("%d B, nil", e.N)
}

// writeAfterHangUp: the first Write to one who has left succeeds, and draws
// a reset; the next fails.
func writeAfterHangUp(ctx context.Context, r *ladder.Recorder) error {
	ln, err := phone(r, "server")
	if err != nil {
		return err
	}
	defer ln.Close()
	client, server, err := pair(ctx, r, ln)
	if err != nil {
		return err
	}
	defer server.Close()
	server.SetDeadline(time.Now().Add(wait))
	client.Close()
	if _, err := server.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("want EOF, got %v", err)
	}
	if _, err := io.WriteString(server, "are you still there?"); err != nil {
		return err
	}
	reset(ctx, server)
	if _, err := io.WriteString(server, "hello?"); err == nil {
		return fmt.Errorf("nobody is there, and Write succeeded twice")
	}
	return nil
}

// reset waits until the other side's reset is here. A Write of nothing
// sends nothing, but it fails once there is nobody to send to; where it
// does not, a second is enough for loopback.
func reset(ctx context.Context, conn net.Conn) {
	inner := ladder.Inner(conn)
	for end := time.Now().Add(time.Second); time.Now().Before(end) && ctx.Err() == nil; {
		if _, err := inner.Write(nil); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
