package scenes

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	basic "example.com/dialtone/01-basic"
	loops "example.com/dialtone/02-loops"
	"example.com/dialtone/docs/ladder"
	"example.com/dialtone/docs/wire"
)

// faulty are the scenes of a lesson in which a segment is lost: between the
// two ends, each in a network of its own, stands an exchange. They are played
// with -segments only, for without those there is nothing to see.
func faulty(lesson int) []Scene {
	switch lesson {
	case 1:
		return []Scene{{"syn-lost", Text{"The SYN is lost", "SYN 丢了"}, nil, synLost,
			say("Nobody answered, and nobody refused: the client's kernel sends the SYN again after a second, and would go on. Dial only took longer.",
				"没有人回答，也没有人拒绝：客户端的内核一秒后重发 SYN，还没有回答就接着发。Dial 只是慢了一点。")}}
	case 2:
		return []Scene{{"cable-pulled", Text{"The cable is pulled", "网线被拔了"}, nil, cablePulled,
			say("What the client writes goes out again and again, and never arrives. Nothing tells the server; only its deadline ends the call.",
				"客户端写的数据一次次重发，就是到不了。没有任何东西告诉服务端，只有它自己的期限结束了这次通话。")}}
	case 3:
		return []Scene{{"last-ack-lost", Text{"The last ACK is lost: why TIME_WAIT is there", "最后一个 ACK 丢了：TIME_WAIT 为什么存在"}, nil, lastACKLost,
			say("The client does not know that its FIN has arrived, so it sends it again; and somebody is there to confirm it once more. That is what TIME_WAIT is for.",
				"客户端不知道自己的 FIN 到没到，就再发一次；而那边还有人在，能再确认一次。TIME_WAIT 就是为此而存在的。")}}
	}
	return nil
}

// tapped is the key under which a scene's context has what listens.
type tapped struct{}

// through runs both ends of a call whose segments go through an exchange.
func through(ctx context.Context, r *ladder.Recorder, f *wire.Faults, serve func(ln net.Listener) error, talk func(conn net.Conn) error) error {
	t := ctx.Value(tapped{}).(*listening)
	x, err := wire.Connect(f, t.add)
	if err != nil {
		return err
	}
	defer x.Close()
	var ln net.Listener
	err = x.Server(func() (err error) {
		ln, err = r.Listen("server", x.Host()+":0", func() (net.Listener, error) { return net.Listen("tcp", x.Host()+":0") })
		return err
	})
	if err != nil {
		return err
	}
	defer ln.Close()
	return both(func() error { return serve(ln) }, func() error {
		var conn net.Conn
		err := x.Client(func() (err error) {
			conn, err = r.Dial(ctx, "client", ln.Addr().String())
			return err
		})
		if err != nil {
			return err
		}
		defer conn.Close()
		return talk(conn)
	})
}

func synLost(ctx context.Context, r *ladder.Recorder) error {
	return through(ctx, r, &wire.Faults{Lose: func(n int, _ wire.Segment) bool { return n == 1 }},
		func(ln net.Listener) error { return basic.Reply(ln, wait) },
		func(conn net.Conn) error { return chat(conn, "hello") })
}

func cablePulled(ctx context.Context, r *ladder.Recorder) error {
	cable, given := &wire.Faults{}, make(chan struct{})
	err := through(ctx, r, cable, func(ln net.Listener) error {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		defer close(given)
		defer conn.Close()
		if err := loops.Echo(conn, time.Second); err == nil {
			return errors.New("it ended well")
		}
		return nil
	}, func(conn net.Conn) error {
		if _, err := conn.Write([]byte("hello")); err != nil {
			return err
		}
		if _, err := conn.Read(make([]byte, 64)); err != nil {
			return err
		}
		cable.Cut()
		r.Note("", "The cable is pulled.", "网线被拔了。")
		_, err := conn.Write([]byte("are you there?"))
		<-given
		return err
	})
	return err
}

// lastACKLost: the server closes first, so it confirms last.
func lastACKLost(ctx context.Context, r *ladder.Recorder) error {
	var server, client, lost bool // whose FIN has been seen; the ACK after both is the last
	again := make(chan struct{})
	cameAgain := sync.OnceFunc(func() { close(again) })
	lose := func(_ int, s wire.Segment) bool {
		fromServer := s.From.Addr().As4()[3] == 2
		if s.Flags&wire.FIN != 0 {
			if client && !fromServer {
				cameAgain()
			}
			server, client = server || fromServer, client || !fromServer
			return false
		}
		last := server && client && fromServer && !lost
		lost = lost || last
		return last
	}
	return through(ctx, r, &wire.Faults{Lose: lose}, func(ln net.Listener) error {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		return conn.Close()
	}, func(conn net.Conn) error {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			return errors.New("bytes from nobody")
		}
		conn.Close()
		select {
		case <-again:
		case <-time.After(wait):
			return errors.New("the FIN did not come again")
		}
		return hold(ctx, 50*time.Millisecond) // and is confirmed
	})
}
