package ladder

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// sent is a segment; what is not given is as it is on any day.
func sent(who, flags string, seq, ack uint32, n int) Event {
	e := by(who, Sent)
	e.Segment = &Segment{Flags: flags, Seq: seq, Ack: ack, Len: n, Window: 65536}
	if strings.HasPrefix(flags, "SYN") {
		e.Segment.MSS = 1460
	}
	return e
}

// oddly changes what is not as on any day.
func oddly(e Event, change func(*Segment)) Event { change(e.Segment); return e }

func handshake() []Event {
	return []Event{
		{Kind: Listen, Who: "server", Local: serverAddr}, by("client", Dial),
		sent("client", "SYN", 0, 0, 0), sent("server", "SYN ACK", 0, 1, 0), sent("client", "ACK", 1, 1, 0), by("server", Accept),
	}
}

func TestDrawSegments(t *testing.T) {
	ev := script(append(handshake(),
		moved("server", Write, "hello baby~"), sent("server", "PSH ACK", 1, 1, 11), sent("client", "ACK", 1, 12, 0),
		moved("server", Write, "hello baby~"), sent("server", "PSH ACK", 12, 1, 11), sent("client", "ACK", 1, 23, 0),
		by("server", Close), sent("server", "FIN ACK", 23, 1, 0), sent("client", "ACK", 1, 24, 0),
		moved("client", Read, "hello baby~hello baby~"),
		by("client", Close), sent("client", "FIN ACK", 1, 24, 0), sent("server", "ACK", 24, 2, 0))...)
	var got, acks strings.Builder
	require.NoError(t, Draw(&got, ev, Options{}))
	require.Empty(t, cmp.Diff(`   client                                                              server
    │       127.0.0.1:41231  buy a phone, insert the SIM, power on  Listen │
    │ Dial    dial  127.0.0.1:41231                                        │
    ├─ SYN  mss 1460  sent by Dial ───────────────────────────────────────▶│
    │◀─────────────────── the kernel, for the listener  mss 1460  SYN ACK ─┤
    ├─ ACK  ack 1  connected ─────────────────────────────────────────────▶│
    │                                     127.0.0.1:53122  pick up  Accept │
    │                                 "hello baby~" 11 B ×2  speak   Write │
    │◀──────────────────────────── sent by Write  11 B ×2  seq 1–22  data ─┤
    │                                                      hang up   Close │
    │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ sent by Close  seq 23  FIN ╌┤
    ├─ ACK  ack 24  the FIN has arrived ──────────────────────────────────▶│
    │ Read    listen  "hello baby~hello baby~" 22 B  2 Writes in one Read  │
    │ Close   hang up                                                      │
    ├╌ FIN  seq 1  sent by Close ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│
    │◀───────────────────────── TIME_WAIT begins on this side  ack 2  ACK ─┤
`, got.String()))
	require.NoError(t, Draw(&acks, ev, Options{Acks: true}))
	require.Contains(t, acks.String(), "├─ ACK  ack 12 ──")
}

// TestWhySent: what a drawing says about a segment, last in its story.
func TestWhySent(t *testing.T) {
	again := func(g *Segment) { g.Again = true }
	window := func(n int) func(*Segment) { return func(g *Segment) { g.Window = n } }
	data := func(seq uint32, n int) Event { return sent("client", "PSH ACK", seq, 1, n) }
	said := func(n int) Event { return moved("client", Write, strings.Repeat("x", n)) }
	abortive := by("client", Close)
	abortive.Abort = true
	full := oddly(sent("server", "ACK", 1, 11, 0), window(0))
	for _, c := range []struct {
		name string
		ev   []Event
		want string
	}{
		{"one Write", []Event{said(10), data(1, 10)}, "sent by Write"},
		{"the second Write", []Event{said(10), said(5), data(1, 10), data(11, 5)}, "sent by Write"},
		{"several at once", []Event{said(10), said(5), said(3), data(1, 10), data(11, 8)}, "of 2 Writes"},
		{"a part", []Event{said(3000), data(1, 1460)}, "part of a Write"},
		{"across two", []Event{said(10), said(10), data(1, 15)}, "of 2 Writes"},
		{"nobody recorded the writer", []Event{data(1, 10)}, ""},
		{"longer than the mss", append(handshake(), said(3000), data(1, 3000)), "sent by Write, cut later (GSO)"},
		{"a retransmission", []Event{said(10), data(1, 10), oddly(data(1, 10), again)}, "sent again"},
		{"no room", []Event{full}, "window 0: no room"},
		{"room again", []Event{full, oddly(sent("server", "ACK", 1, 11, 0), window(4096))}, "window 4096"},
		{"is there room", []Event{data(1, 10), full, sent("client", "ACK", 10, 1, 0)}, "window probe: is there room?"},
		{"there is none", []Event{data(1, 10), full, sent("client", "ACK", 10, 1, 0), full}, "window 0: still no room"},
		{"a half-close", []Event{by("client", CloseWrite), sent("client", "FIN ACK", 1, 1, 0)}, "sent by CloseWrite"},
		{"a program that ended", []Event{sent("client", "FIN ACK", 1, 1, 0)}, ""},
		{"bytes unread", []Event{moved("server", Write, "hello"), by("client", Close), sent("client", "RST ACK", 1, 1, 0)}, "sent by Close, bytes unread"},
		{"linger 0", []Event{abortive, sent("client", "RST ACK", 1, 1, 0)}, "sent by Close, linger 0"},
		{"nobody listens", []Event{sent("client", "SYN", 0, 0, 0), sent("server", "RST ACK", 0, 1, 0)}, "the kernel: nobody listens here"},
		{"gone", []Event{by("client", Close), sent("client", "RST", 1, 0, 0)}, "the kernel: nobody has this connection"},
		{"the queue of a listener", append(handshake()[:5], Event{Kind: Off, Who: "server", Local: serverAddr}, sent("server", "RST ACK", 1, 1, 0)),
			"sent by the listener's Close"},
		{"both at once: no TIME_WAIT yet", append(handshake(), sent("client", "FIN ACK", 1, 1, 0), sent("server", "FIN ACK", 1, 1, 0), sent("server", "ACK", 2, 2, 0)), "the FIN has arrived"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, lastRemark(c.ev, true))
		})
	}
	lost := oddly(data(1, 10), func(g *Segment) { g.Lost = true })
	var got strings.Builder
	require.NoError(t, Draw(&got, script(said(10), lost), Options{}))
	require.Contains(t, got.String(), "✗ lost")
}

// TestSegmentsOfSeveralSizes: Writes that leave together, and what is not of one kind.
func TestSegmentsOfSeveralSizes(t *testing.T) {
	w := moved("client", Write, "0123456789")
	var got strings.Builder
	require.NoError(t, Draw(&got, script(w, sent("client", "PSH ACK", 1, 1, 10), w, w, w, sent("client", "PSH ACK", 11, 1, 30)), Options{}))
	require.Contains(t, got.String(), `"0123456789" 10 B ×4`)
	require.Contains(t, got.String(), "seq 1–40  40 B in 2 segments")
}

// TestMerge: by time, the call before the segment that it sent, and what
// belongs together stays together.
func TestMerge(t *testing.T) {
	at := func(ms int, e Event) Event { e.At = time.Duration(ms) * time.Millisecond; return e }
	waits, done := at(1, by("client", Dial)), at(1200, by("client", Dial))
	waits.Pending, done.Of = true, 1
	got := Merge(script(waits, done), []Event{at(1, sent("client", "SYN", 0, 0, 0)), at(1001, sent("client", "SYN", 0, 0, 0))})
	var kinds []Kind
	for i, e := range got {
		require.Equal(t, i+1, e.Seq)
		kinds = append(kinds, e.Kind)
	}
	require.Equal(t, []Kind{Dial, Sent, Sent, Dial}, kinds)
	require.Equal(t, 1, got[3].Of)
}
