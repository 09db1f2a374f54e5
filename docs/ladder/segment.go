package ladder

import (
	"fmt"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
)

// Segment is what an event of the kind [Sent] is about: what TCP sent from
// Local to Remote. Its numbers count from the SYNs, so that the first byte of
// data has number 1.
type Segment struct {
	Flags  string `json:"flags"` // "SYN ACK": from the right of the header
	Seq    uint32 `json:"seq"`
	Ack    uint32 `json:"ack,omitempty"`
	Len    int    `json:"len,omitempty"`   // bytes of data
	Window int    `json:"window"`          // bytes that the sender has room for
	MSS    int    `json:"mss,omitempty"`   // in a SYN: the largest segment its sender takes
	Again  bool   `json:"again,omitempty"` // a part of it was sent before
	Lost   bool   `json:"lost,omitempty"`  // it never arrives
}

func (g Segment) has(flag string) bool { return slices.Contains(strings.Fields(g.Flags), flag) }

// Merge gives the calls and the segments in one order: by their times, and a
// call before the segment that it sent.
func Merge(calls, segments []Event) []Event {
	all := append(slices.Clone(calls), segments...)
	slices.SortStableFunc(all, func(a, b Event) int { return int(min(max(a.At-b.At, -1), 1)) })
	moved := make(map[int]int) // old numbers, of calls only
	for i := range all {
		if all[i].Kind != Sent {
			moved[all[i].Seq] = i + 1
		}
		all[i].Seq = i + 1
		if all[i].Of > 0 {
			all[i].Of = moved[all[i].Of]
		}
	}
	return all
}

// traffic is what was seen of one direction of a connection.
type traffic struct {
	syn, answer bool   // its SYN; with an ACK in it
	open        bool   // its first ACK after that
	fin         uint32 // its FIN's number
	acked       uint32 // by the other side
	next        uint32 // behind all that was sent
	mss         int    // of its sender
	full        bool   // its sender has no room
	asks        bool   // its sender has asked whether there is room, and has no answer yet
	waits       bool   // its sender is in TIME_WAIT
}

// sent gives the row of a segment; false folds it away: a plain ACK that
// changes nothing, for which acks asks.
func (s *scribe) sent(e Event, out row) (row, bool) {
	g, l := *e.Segment, s.lang
	stream := s.stream(e.Local, e.Remote)
	mine, theirs := &stream.traffic, &s.stream(e.Remote, e.Local).traffic
	fin, syn, plain := g.has("FIN"), g.has("SYN"), g.Len == 0 && g.Flags == "ACK"

	out.arrow, out.alone = solid, true
	out.verb, out.info = Clean(strings.TrimPrefix(g.Flags, "PSH ")), fmt.Sprint("seq ", g.Seq)
	remark := ""
	by := func(k Kind, why string) {
		out.by = k
		remark = join(", ", l.Pick("sent by ", "由 ")+calls[k].verb+l.Pick("", " 发出"), why)
	}
	switch {
	case g.has("RST"):
		out.verb, out.info, out.arrow = "RST", "", abort
		remark = l.Pick("the kernel: nobody has this connection", "内核：这个连接已经没有了")
		switch {
		case theirs.syn && !mine.syn:
			remark = l.Pick("the kernel: nobody listens here", "内核：这里没有人监听")
		case stream.aborted:
			by(Close, "linger 0")
		case stream.unheard:
			by(Close, l.Pick("bytes unread", "还有数据没读"))
		case !stream.closed && s.off[e.Local]:
			out.by = Off
			remark = l.Pick("sent by the listener's Close", "由监听套接字的 Close 发出")
		}
	case syn:
		out.info = fmt.Sprint("mss ", g.MSS)
		if g.has("ACK") {
			remark = l.Pick("the kernel, for the listener", "由内核代监听套接字回应")
		} else {
			by(Dial, "")
		}
		*mine = traffic{syn: true, answer: g.has("ACK"), mss: g.MSS}
	case g.Len > 0:
		out.verb, out.alone = "data", g.Again || g.Lost || fin
		if fin {
			out.verb = "data, FIN"
		}
		out.sized, out.n, out.stream = true, g.Len, e.Local+">"+e.Remote
		out.first, out.last = g.Seq, g.Seq+uint32(g.Len)-1
		out.info = ""
		remark = s.bytesOf(stream, int64(g.Seq)-1, int64(g.Seq)-1+int64(g.Len))
		if remark != "" {
			out.by = Write
		}
		if theirs.mss > 0 && g.Len > theirs.mss {
			remark = join(", ", remark, l.Pick("cut later (GSO)", "之后才切开（GSO）"))
		}
	case fin:
		out.verb, out.arrow = "FIN", dashed
		switch {
		case stream.closed && !stream.finished:
			by(Close, "")
		case stream.finished:
			by(CloseWrite, "")
		}
	default:
		out.info = fmt.Sprint("ack ", g.Ack)
		switch {
		case theirs.full && g.Seq+1 == mine.next: // a number that was acknowledged: whoever gets it must answer
			mine.asks = true
			remark = l.Pick("window probe: is there room?", "窗口探测：有地方了吗？")
		case theirs.answer && !mine.open:
			remark = l.Pick("connected", "连接建立")
		case theirs.fin > 0 && g.Ack > theirs.fin && mine.fin > 0 && mine.acked > mine.fin:
			remark = l.Pick("TIME_WAIT begins on this side", "这一边的 TIME_WAIT 从此开始")
			if mine.waits {
				remark = l.Pick("TIME_WAIT confirms the FIN once more", "TIME_WAIT 再确认一次 FIN")
			}
			mine.waits = true
		case theirs.fin > 0 && g.Ack > theirs.fin && theirs.acked <= theirs.fin:
			remark = l.Pick("the FIN has arrived", "FIN 已收到")
		}
	}
	if fin {
		mine.fin = g.Seq + uint32(g.Len)
		if out.arrow == solid {
			out.arrow = dashed
		}
	}
	if g.has("ACK") {
		theirs.acked, mine.open = max(theirs.acked, g.Ack), mine.open || !syn
	}
	if full := g.Window == 0 && !g.has("RST"); (full != mine.full || full && theirs.asks) && !syn {
		remark = join(", ", remark, l.Pick("window ", "窗口 ")+fmt.Sprint(g.Window))
		switch {
		case full && mine.full:
			remark += l.Pick(": still no room", "：还是没有地方")
		case full:
			remark += l.Pick(": no room", "：没有地方了")
		}
		if full {
			out.arrow = abort
		}
		mine.full, theirs.asks = full, false
	}
	mine.next = max(mine.next, g.Seq+uint32(g.Len))
	if syn || fin {
		mine.next = max(mine.next, g.Seq+uint32(g.Len)+1)
	}
	if g.Again {
		out.by, remark = "", l.Pick("sent again", "重传")
	}
	if g.Lost {
		out.arrow, out.err = broken, l.Pick("lost", "丢失")
	}
	out.remark = remark
	return out, remark != "" || out.verb != "ACK" || !plain || g.Lost || s.acks
}

// bytesOf names the Writes whose bytes from..to are.
func (s *scribe) bytesOf(st *stream, from, to int64) string {
	switch whole, parts := st.span(from, to); {
	case whole+parts == 0:
		return "" // nobody recorded the writer
	case whole == 1 && parts == 0:
		return s.lang.Pick("sent by Write", "由 Write 发出")
	case whole+parts == 1:
		return s.lang.Pick("part of a Write", "一次 Write 的一部分")
	default:
		return fmt.Sprintf(s.lang.Pick("of %d Writes", "来自 %d 次 Write"), whole+parts)
	}
}

func seqs(first, last uint32) string {
	if first == last {
		return fmt.Sprint("seq ", first)
	}
	return fmt.Sprintf("seq %d–%d", first, last)
}

// wired says whether ev has segments: then they are the arrows.
func wired(ev []Event) bool {
	return slices.ContainsFunc(ev, func(e Event) bool { return e.Kind == Sent })
}

func segmentsOf(l lang.Lang, n, count int) string {
	return fmt.Sprintf(l.Pick("%d B in %d segments", "%d B，共 %d 个报文段"), n, count)
}
