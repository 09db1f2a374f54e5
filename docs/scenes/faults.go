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
		1: {scene("syn-lost", nil, through(&wire.Faults{LoseNth: 1}, saySomething), ends(done("client", ladder.Dial), "ECONNREFUSED", "", ".+"))},
		2: {scene("cable-pulled", nil, cablePulled(), ends(done("server", ladder.Read), "EOF", "ECONNRESET", "deadline exceeded"))},
		3: {scene("last-ack-lost", nil, lastACKLost(), count(again("client"), 1))},
		4: {
			scene("nagle", nil, nagle, count(dataOf(1), 31)).finds(func(s *stage) vars {
				return vars{"off": len(dataOf(0)(s.played())), "on": len(dataOf(1)(s.played()))}
			}),
			scene("full-window", nil, fullWindow(), count(calling("client", ladder.Write, func(e ladder.Event) bool { return !e.Pending }), 1)),
		},
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
	return scene("segment-lost", nil,
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
		})), count(again("client"), 1)).finds(func(*stage) vars { return vars{"sum": fmt.Sprintf("%x", sum[:4])} })
}
