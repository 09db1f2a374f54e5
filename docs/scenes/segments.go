package scenes

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/dialtone/docs/ladder"
	"example.com/dialtone/docs/wire"
)

// under are the flags about what goes on under the calls.
type under struct {
	segments, acks, counts bool
	mss                    int
	pcap                   string
	lose                   int
	delay, cutAfter        time.Duration
}

func (u *under) register(fs *flag.FlagSet, say func(en, zh string) string) {
	fs.BoolVar(&u.segments, "segments", u.segments, say("show the segments between the calls: live on a Linux that lets users have namespaces, else from a recording",
		"在调用之间画出报文段：Linux 允许用户建命名空间就当场抓，否则用录制"))
	fs.BoolVar(&u.acks, "acks", u.acks, say("with -segments: the plain ACKs, too", "与 -segments 同用：单纯的 ACK 也画出来"))
	fs.BoolVar(&u.counts, "counts", u.counts, say("what the kernel counted at each end, under the ladder (Linux)", "在图下方列出两端内核的统计（Linux）"))
	fs.IntVar(&u.mss, "mss", u.mss, say("with -segments: the `largest` segment, such as 1460", "与 -segments 同用：报文段最多多少`字节`，例如 1460"))
	fs.StringVar(&u.pcap, "pcap", u.pcap, say("with -segments: keep the packets in `FILE`, for Wireshark", "与 -segments 同用：把数据包存入`文件`，供 Wireshark 打开"))
	fs.IntVar(&u.lose, "lose", u.lose, say("put an exchange between the ends, which loses the `N`th segment of each scene, plain ACKs not counted",
		"在两端之间放一台交换机，每一幕弄丢第 `N` 个报文段（单纯的 ACK 不算）"))
	fs.DurationVar(&u.delay, "delay", u.delay, say("the exchange holds each segment for a `time`, such as 100ms", "交换机把每个报文段都扣住一段`时间`，例如 100ms"))
	fs.DurationVar(&u.cutAfter, "cut-after", u.cutAfter, say("the exchange pulls the cable this `time` after a scene begins, such as 2s", "每一幕开始后过这么一段`时间`，交换机上的网线就被拔掉，例如 2s"))
}

// disturbed says that an exchange shall do something to each scene.
func (u *under) disturbed() bool { return u.lose != 0 || u.delay != 0 || u.cutAfter != 0 }

func (u *under) faults() *wire.Faults {
	return &wire.Faults{LoseNth: u.lose, Delay: u.delay, CutAfter: u.cutAfter}
}

func (u *under) check() error {
	u.segments = u.segments || u.disturbed() // which shows what was done
	switch {
	case u.lose < 0 || u.cutAfter < 0 || u.delay < 0 || u.delay > time.Second:
		return usage{"-lose, -delay and -cut-after: nothing below 0, and a -delay of at most 1s", "-lose、-delay、-cut-after 不能是负数，-delay 最多 1s"}
	case !u.segments && (u.acks || u.mss != 0 || u.pcap != ""):
		return usage{"-acks, -mss and -pcap go with -segments", "-acks、-mss 和 -pcap 要与 -segments 同用"}
	case u.mss != 0 && (u.mss < 536 || u.mss > 65495):
		return usage{"-mss: choose 536 to 65495", "-mss：请选 536 到 65495"}
	}
	return creatable(u.pcap)
}

// exited is the exit code of the program that played in our place.
type exited int

func (e exited) Error() string { return "exit status " + strconv.Itoa(int(e)) }

// listen hears the loopback interface, in a network of the play's own. Outside of one, the
// program runs once more inside; that is the exited. Any other error says why
// it cannot.
func (u *under) listen(args []string) (*listening, error) {
	if !wire.Inside() {
		code, err := wire.Again(args...)
		if err == nil {
			err = exited(code)
		}
		return nil, err
	}
	wire.Up(u.mss)
	t, err := wire.Open("lo")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(wire.Refused)
	}
	mine := &listening{Tap: t, keep: u.pcap != ""}
	go mine.listen()
	return mine, nil
}

// segmentsFile is the recording that is shown where nothing can be captured.
func segmentsFile(n int) string {
	return filepath.Join(figuresDir, strconv.Itoa(n)+"-segments.jsonl")
}

// recorded draws it, and says why.
func (s *stage) recorded(l Lesson, o *options, why error) error {
	if o.disturbed() {
		return errors.New(s.lang.Pick("-lose, -delay and -cut-after need networks of the play's own, and there are none here: ",
			"-lose、-delay、-cut-after 需要演示自己建网络，这里建不了：") + why.Error())
	}
	if o.pcap != "" {
		return fmt.Errorf("-pcap: nothing can be captured here: %w", why)
	}
	ev, err := load(segmentsFile(l.N))
	if err != nil {
		return fmt.Errorf("nothing can be captured here (%w), and the recording is missing: %w", why, err)
	}
	s.Say(fmt.Sprintf("Nothing can be captured here (%v): a recording.", why), fmt.Sprintf("这里不能抓包（%v）：以下是录制。", why))
	if err := ladder.Draw(s.paced(), ev, s.options()); err != nil {
		return err
	}
	return keep(o, ev)
}

// listening keeps what goes over loopback, until a scene asks for it.
type listening struct {
	*wire.Tap
	keep bool // for a file
	kept []wire.Packet

	exchange *wire.Exchange // of the scene being played; may be nil

	mu    sync.Mutex
	queue []wire.Packet
	empty int // how often there was nothing to hear
}

func (t *listening) listen() {
	for {
		p, err := t.Next(time.Now().Add(5 * time.Millisecond))
		t.mu.Lock()
		if err == nil {
			t.queue = append(t.queue, p)
		} else {
			t.empty++
		}
		t.mu.Unlock()
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
}

// add is for what is heard elsewhere.
func (t *listening) add(p wire.Packet) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = append(t.queue, p)
}

func (t *listening) take() (all []wire.Packet, empty int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, t.queue = t.queue, nil
	return all, t.empty
}

// patience is how long after a scene its connections may take to end.
const patience = 1500 * time.Millisecond

// segments are those of the scene whose calls these are: its connections' and
// nobody else's. It waits until they have ended.
func (t *listening) segments(began time.Time, calls []ladder.Event, patience time.Duration) []ladder.Event {
	who := make(map[netip.AddrPort]string)
	for _, e := range calls {
		for addr, name := range map[string]string{e.Local: e.Who, e.Remote: ""} {
			if a, err := netip.ParseAddrPort(addr); err == nil && who[a] == "" {
				who[a] = name
			}
		}
	}
	lines := wire.Lines{}
	var sent []ladder.Event
	first := -1
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		packets, empty := t.take()
		if first < 0 {
			first = empty
		}
		for _, p := range packets {
			g, err := wire.Parse(p.Data)
			_, from := who[g.From]
			_, to := who[g.To]
			if err != nil || p.At.Before(began) || !from && !to {
				continue
			}
			if t.keep {
				t.kept = append(t.kept, p)
			}
			sent = append(sent, segment(p, g, lines.Follow(g, p.Lost), p.At.Sub(began), who))
		}
		if empty > first && lines.Over() || time.Now().After(end) {
			break
		}
	}
	if t.exchange != nil {
		t.exchange.Close() // the next scene has another
		t.exchange = nil
	}
	return sent
}

func segment(p wire.Packet, g wire.Segment, n wire.Numbers, at time.Duration, who map[netip.AddrPort]string) ladder.Event {
	e := ladder.Event{Kind: ladder.Sent, At: at, Who: who[g.From], Local: g.From.String(), Remote: g.To.String(),
		Segment: &ladder.Segment{Flags: g.Flags.String(), Seq: n.Seq, Ack: n.Ack, Len: len(g.Payload), Window: n.Window, Again: n.Again, Lost: p.Lost}}
	if g.Flags&wire.SYN != 0 {
		e.Segment.MSS = int(g.MSS)
	}
	if e.Who == "" { // a Dial that failed does not tell its own address
		e.Who = "client"
		if strings.HasPrefix(who[g.To], "client") {
			e.Who = "server"
		}
	}
	return e
}

// tally collects what the kernel has counted at each end of a scene.
type tally struct {
	mu    sync.Mutex
	notes []ladder.Event
	err   error
}

func (t *tally) closing(e ladder.Event, conn syscall.Conn) {
	c, err := wire.Ask(conn)
	t.mu.Lock()
	defer t.mu.Unlock()
	if errors.Is(err, net.ErrClosed) {
		return // closed twice, which is a common care
	}
	if err != nil {
		t.err = err
		return
	}
	e.Kind = ladder.Note
	e.En = fmt.Sprintf("sent %d segments, %d with data, %d again; received %d, %d with data; round trip %.2f ms, window %d",
		c.Out, c.DataOut, c.Again, c.In, c.DataIn, c.RoundTrip.Seconds()*1000, c.Window)
	e.Zh = fmt.Sprintf("发出 %d 个报文段，%d 个带数据，重传 %d 个；收到 %d 个，%d 个带数据；往返 %.2f 毫秒，窗口 %d",
		c.Out, c.DataOut, c.Again, c.In, c.DataIn, c.RoundTrip.Seconds()*1000, c.Window)
	t.notes = append(t.notes, e)
}

// watched prepares a recorder for what the flags ask for; the function that it
// gives completes the recording once the scene is over.
func (s *stage) watched(r *ladder.Recorder) (complete func() []ladder.Event) {
	if s.tap != nil {
		s.tap.take()
	}
	var counts tally
	if s.under.counts {
		r.Closing(counts.closing)
	}
	return func() []ladder.Event {
		all := r.Events()
		if s.tap != nil {
			all = ladder.Merge(all, s.tap.segments(r.Began(), all, patience+4*s.under.delay))
			if n := s.tap.Lost(); n > 0 {
				s.Say(fmt.Sprintf("%d packets came too fast to be seen.", n), fmt.Sprintf("有 %d 个数据包来得太快，没有看到。", n))
			}
		}
		counts.mu.Lock() // a scene that was given up may still close something
		defer counts.mu.Unlock()
		if counts.err != nil {
			s.Say("No counts here: "+counts.err.Error()+".", "这里没有统计："+counts.err.Error())
		}
		for _, e := range counts.notes {
			e.Seq, e.At = len(all)+1, all[len(all)-1].At
			all = append(all, e)
		}
		return all
	}
}

// packets keeps them, where the flags ask for it.
func (s *stage) packets() error {
	if s.tap == nil || s.under.pcap == "" {
		return nil
	}
	return create(s.under.pcap, func(w io.Writer) error { return wire.WritePcap(w, s.tap.kept) })
}
