package ladder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T, r *Recorder) net.Listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln := r.Listener(inner, "server")
	t.Cleanup(func() { ln.Close() })
	return ln
}

// pair gives both ends of a recorded call.
func pair(t *testing.T, r *Recorder) (client, server net.Conn) {
	t.Helper()
	ln := listen(t, r)
	client, err := r.Dial(t.Context(), "client", ln.Addr().String())
	require.NoError(t, err)
	server, err = ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { client.Close(); server.Close() })
	soon := time.Now().Add(20 * time.Second)
	client.SetDeadline(soon)
	server.SetDeadline(soon)
	return client, server
}

// calm is a recorder on which no call is ever late, however busy the machine.
func calm() *Recorder {
	r := NewRecorder()
	r.patience = time.Hour
	return r
}

// plainEvents are the events without what differs from run to run.
func plainEvents(ev []Event) []Event {
	out := make([]Event, len(ev))
	for i, e := range ev {
		out[i] = Event{Seq: e.Seq, Kind: e.Kind, Who: e.Who, N: e.N, Head: e.Head, Err: e.Err,
			Pending: e.Pending, Of: e.Of, Abort: e.Abort, Slug: e.Slug, En: e.En, Zh: e.Zh}
	}
	return out
}

func TestACallIsRecorded(t *testing.T) {
	r := calm()
	r.Scene("call", "A call", "一次通话")
	client, server := pair(t, r)
	_, err := client.Write([]byte("你好"))
	require.NoError(t, err)
	require.NoError(t, client.(halfCloser).CloseWrite())
	got, err := io.ReadAll(io.LimitReader(struct{ io.Reader }{server}, 6))
	require.NoError(t, err)
	require.Equal(t, "你好", string(got))
	_, err = server.Read(make([]byte, 10))
	require.ErrorIs(t, err, io.EOF)
	r.Note("server", "that was all", "就这些")
	require.NoError(t, server.Close())
	_, err = client.Read(make([]byte, 10))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, client.Close())

	want := []Event{
		{Kind: Scene, Slug: "call", En: "A call", Zh: "一次通话"},
		{Kind: Listen, Who: "server"},
		{Kind: Dial, Who: "client"},
		{Kind: Accept, Who: "server"},
		{Kind: Write, Who: "client", N: 6, Head: Bytes("你好")},
		{Kind: CloseWrite, Who: "client"},
		{Kind: Read, Who: "server", N: 6, Head: Bytes("你好")},
		{Kind: Read, Who: "server", Err: "EOF"},
		{Kind: Note, Who: "server", En: "that was all", Zh: "就这些"},
		{Kind: Close, Who: "server"},
		{Kind: Read, Who: "client", Err: "EOF"},
		{Kind: Close, Who: "client"},
	}
	for i := range want {
		want[i].Seq = i + 1
	}
	require.Empty(t, cmp.Diff(want, plainEvents(r.Events()), cmpopts.EquateEmpty()))

	ev := r.Events()
	require.Equal(t, ev[1].Local, ev[2].Remote, "the client dials the number that listens")
	require.Equal(t, ev[2].Local, ev[3].Remote, "the caller's own address is known on both sides")
	for i := 1; i < len(ev); i++ {
		require.GreaterOrEqual(t, ev[i].At, ev[i-1].At)
	}
}

// causal checks what the recording promises about its order.
func causal(ev []Event) error {
	type flow struct {
		said, heard int
		ended       bool
	}
	flows := make(map[string]*flow)
	flow1 := func(from, to string) *flow {
		if flows[from+">"+to] == nil {
			flows[from+">"+to] = new(flow)
		}
		return flows[from+">"+to]
	}
	asked := make(map[int]int)
	dialled := make(map[string]bool)
	for i, e := range ev {
		if e.Seq != i+1 {
			return fmt.Errorf("event %d has seq %d", i+1, e.Seq)
		}
		out, in := flow1(e.Local, e.Remote), flow1(e.Remote, e.Local)
		switch e.Kind {
		case Dial:
			dialled[e.Local] = true
		case Accept:
			if e.Err == "" && !dialled[e.Remote] {
				return fmt.Errorf("%v: nobody has dialled from %s", e, e.Remote)
			}
		case Write:
			out.said += e.N - asked[e.Of]
			if e.Pending {
				asked[e.Seq] = e.N
			}
		case Close, CloseWrite:
			out.ended = true
		case Read:
			if in.heard += e.N; in.heard > in.said {
				return fmt.Errorf("%v: %d bytes heard of %d said", e, in.heard, in.said)
			}
			if e.Err == "EOF" && (!in.ended || in.heard != in.said) {
				return fmt.Errorf("%v: EOF before the end", e)
			}
		}
	}
	return nil
}

// TestOrderIsCausal lets many calls go on at once and looks at the order,
// as Events gives it and as one who watches sees it.
func TestOrderIsCausal(t *testing.T) {
	const callers, rounds = 24, 20
	r := calm()
	var mu sync.Mutex
	var seen []Event
	r.Watch(func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
	})
	ln := listen(t, r)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			c, err := r.Dial(t.Context(), "client", ln.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(20 * time.Second))
			for range rounds {
				word := bytes.Repeat([]byte("x"), 1+rand.IntN(300))
				if _, err := c.Write(word); err != nil {
					t.Error(err)
					return
				}
				if _, err := io.ReadFull(c, word); err != nil {
					t.Error(err)
					return
				}
			}
			if err := c.(halfCloser).CloseWrite(); err != nil {
				t.Error(err)
			}
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Error("want EOF, got", err)
			}
		})
		wg.Go(func() {
			c, err := ln.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			buf := make([]byte, 64)
			for {
				n, err := c.Read(buf)
				if n > 0 {
					c.Write(buf[:n])
				}
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	r.Stop()
	ev := r.Events()
	require.NoError(t, causal(ev))
	mu.Lock()
	defer mu.Unlock()
	if !reflect.DeepEqual(ev, seen) { // cmp.Diff is slow where there is nothing to show
		t.Fatal("who watches must see the same, in the same order:\n" + cmp.Diff(ev, seen))
	}
}

// TestTheOrderTestSeesDisorder: causal must not be a test that cannot fail.
func TestTheOrderTestSeesDisorder(t *testing.T) {
	call := []Event{
		{Kind: Dial, Local: "a", Remote: "b"}, {Kind: Accept, Local: "b", Remote: "a"},
		{Kind: Write, Local: "a", Remote: "b", N: 3}, {Kind: Close, Local: "a", Remote: "b"},
		{Kind: Read, Local: "b", Remote: "a", N: 3}, {Kind: Read, Local: "b", Remote: "a", Err: "EOF"},
	}
	order := func(places ...int) error {
		var ev []Event
		for i, p := range places {
			e := call[p]
			e.Seq = i + 1
			ev = append(ev, e)
		}
		return causal(ev)
	}
	require.NoError(t, order(0, 1, 2, 3, 4, 5))
	require.Error(t, order(1, 0, 2, 3, 4, 5), "Accept before Dial")
	require.Error(t, order(0, 1, 4, 2, 3, 5), "Read before Write")
	require.Error(t, order(0, 1, 2, 4, 5, 3), "EOF before Close")
}

// TestABlockedWriteHoldsNothingUp: a Write that waits for a slow reader is
// shown as under way, the reading goes on after it, and its end is an event
// of its own.
func TestABlockedWriteHoldsNothingUp(t *testing.T) {
	r := NewRecorder()
	client, server := pair(t, r)
	pending := make(chan Event, 1)
	r.Watch(func(e Event) {
		if e.Pending && e.Kind == Write { // no other call has to wait, but may
			pending <- e
		}
	})
	const size = 32 << 20 // more than any socket buffer holds
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		defer client.Close()
		if _, err := client.Write(make([]byte, size)); err != nil {
			t.Error(err)
		}
	})
	began := <-pending // nobody reads, and yet there is something to see
	require.Equal(t, Write, began.Kind)
	require.Equal(t, size, began.N)
	n, err := io.Copy(io.Discard, struct{ io.Reader }{server})
	require.NoError(t, err)
	require.EqualValues(t, size, n)
	wg.Wait()

	ev := r.Events()
	require.NoError(t, causal(ev))
	var ended []Event
	for _, e := range ev {
		if e.Of == began.Seq {
			ended = append(ended, e)
		}
	}
	require.Len(t, ended, 1)
	require.Equal(t, size, ended[0].N)
	require.Greater(t, ended[0].Took, patience)
}

// TestAFailureComesAfterItsCause: a Write that is cut short began before the
// other side slammed the phone, and fails after it.
func TestAFailureComesAfterItsCause(t *testing.T) {
	r := NewRecorder()
	client, server := pair(t, r)
	pending := make(chan bool, 1)
	r.Watch(func(e Event) {
		if e.Pending && e.Kind == Write {
			pending <- true
		}
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := client.Write(make([]byte, 32<<20)); err == nil {
			t.Error("a Write to nobody succeeded")
		}
	})
	<-pending
	require.NoError(t, server.(tcp).SetLinger(0))
	require.NoError(t, server.Close())
	wg.Wait()
	var order []string
	for _, e := range r.Events() {
		if (e.Kind == Write || e.Kind == Close) && !(e.Who == "server" && e.Of > 0) {
			e.Pending = e.Pending && e.Who == "client" // the Close may be slow, too
			order = append(order, fmt.Sprint(e.Who, " ", e.Kind, " pending=", e.Pending, " abort=", e.Abort, " failed=", e.Err != ""))
		}
	}
	require.Empty(t, cmp.Diff([]string{
		"client write pending=true abort=false failed=false",
		"server close pending=false abort=true failed=false",
		"client write pending=false abort=false failed=true",
	}, order))
}

func TestErrorsByName(t *testing.T) {
	name := func(s string) string { return strings.TrimPrefix(s, "WSA") }
	last := func(r *Recorder) Event {
		ev := r.Events()
		return ev[len(ev)-1]
	}
	t.Run("refused", func(t *testing.T) {
		r := calm()
		ln := listen(t, r)
		ln.Close()
		_, err := r.Dial(t.Context(), "client", ln.Addr().String())
		require.Error(t, err)
		require.Equal(t, "ECONNREFUSED", name(last(r).Err))
		require.Contains(t, last(r).Message, "refused")
	})
	t.Run("in use", func(t *testing.T) {
		r := calm()
		addr := listen(t, r).Addr().String()
		_, err := r.Listen("server 2", addr, func() (net.Listener, error) { return net.Listen("tcp", addr) })
		require.Error(t, err)
		e := last(r)
		require.Equal(t, "EADDRINUSE", name(e.Err))
		require.Equal(t, Event{Kind: Listen, Who: "server 2", Local: addr}, Event{Kind: e.Kind, Who: e.Who, Local: e.Local})
	})
	t.Run("deadline", func(t *testing.T) {
		r := calm()
		client, _ := pair(t, r)
		client.SetReadDeadline(time.Now().Add(-time.Second))
		_, err := client.Read(make([]byte, 1))
		require.Error(t, err)
		require.Equal(t, "deadline exceeded", last(r).Err)
	})
	t.Run("closed here", func(t *testing.T) {
		r := calm()
		client, _ := pair(t, r)
		client.Close()
		_, err := client.Write([]byte("x"))
		require.Error(t, err)
		require.Equal(t, "net.ErrClosed", last(r).Err)
	})
	t.Run("reset, then a broken pipe", func(t *testing.T) {
		r := calm()
		client, server := pair(t, r)
		require.NoError(t, server.(tcp).SetLinger(0))
		require.NoError(t, server.Close())
		_, err := client.Read(make([]byte, 1))
		require.Error(t, err)
		require.Equal(t, "ECONNRESET", name(last(r).Err))
		_, err = client.Write([]byte("x"))
		require.Error(t, err)
		require.Contains(t, []string{"EPIPE", "ECONNRESET", "ECONNABORTED"}, name(last(r).Err))
		require.Zero(t, last(r).N)
	})
	t.Run("switched off", func(t *testing.T) {
		r := calm()
		ln := listen(t, r)
		ln.Close()
		_, err := ln.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		require.Equal(t, Accept, last(r).Kind)
		require.Equal(t, "net.ErrClosed", last(r).Err)
	})
	t.Run("a context that ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := calm()
		_, err := r.Dial(ctx, "client", "127.0.0.1:9")
		require.Error(t, err)
		require.Equal(t, "cancelled", last(r).Err)
	})
	t.Run("without a name", func(t *testing.T) {
		require.Equal(t, "odd", ErrorName(errors.New("odd\nand more")))
		require.Equal(t, "unexpected EOF", ErrorName(fmt.Errorf("body: %w", io.ErrUnexpectedEOF)))
		require.Equal(t, "", ErrorName(nil))
	})
}

// TestMethodsAreKept: code that asks a connection what it can do gets the
// same answer from a recorded one, except for io.Copy's short ways.
func TestMethodsAreKept(t *testing.T) {
	r := calm()
	client, _ := pair(t, r)
	require.Implements(t, (*tcp)(nil), client)
	_, from := client.(io.ReaderFrom)
	_, to := client.(io.WriterTo)
	require.False(t, from || to, "bytes would pass unseen")

	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	_, half := r.Conn(a, "client").(halfCloser)
	require.False(t, half, "a pipe has no half-close")

	again := r.Conn(client, "client")
	require.Implements(t, (*tcp)(nil), again, "wrapped twice")
	require.Implements(t, (*listenerExtras)(nil), listen(t, r))
}

func TestEventsGivesACopy(t *testing.T) {
	r := calm()
	r.Note("", "one", "一")
	r.Events()[0].En = "changed"
	require.Equal(t, "one", r.Events()[0].En)
	p := []byte("hello")
	a, b := net.Pipe()
	defer b.Close()
	go io.Copy(io.Discard, b)
	c := r.Conn(a, "client")
	defer c.Close()
	_, err := c.Write(p)
	require.NoError(t, err)
	p[0] = 'J'
	require.Equal(t, "hello", string(r.Events()[1].Head))
}

func TestHeadsAreShort(t *testing.T) {
	text := []byte(strings.Repeat("好", 1000))
	require.Equal(t, strings.Repeat("好", HeadSize/3), string(head(text)), "cut between two characters")
	noise := bytes.Repeat([]byte{0x80}, 1000)
	require.Len(t, head(noise), HeadSize)
	require.Empty(t, head(nil))
}

// TestWatchersMayRecord: whoever watches may use the recorder too.
func TestWatchersMayRecord(t *testing.T) {
	r := NewRecorder()
	var seen []string
	r.Note("", "early", "早")
	r.Watch(func(e Event) {
		seen = append(seen, e.En)
		if e.En == "early" {
			r.Note("", fmt.Sprint("after ", len(r.Events())), "后")
		}
	})
	r.Note("", "late", "晚")
	require.Equal(t, []string{"early", "after 1", "late"}, seen)
}

// TestStopWakesEverybody: Stop closes what is open, so that whoever waits on
// it goes on, and nothing is recorded after it.
func TestStopWakesEverybody(t *testing.T) {
	r := NewRecorder()
	client, _ := pair(t, r)
	ln := listen(t, r)
	var wg sync.WaitGroup
	wg.Go(func() { ln.Accept() })
	wg.Go(func() { client.Read(make([]byte, 1)) })
	require.Equal(t, 4, r.Stop(), "two listeners, two ends of a call")
	wg.Wait()
	before := len(r.Events())
	r.Note("", "too late", "太晚")
	client.Close()
	require.Len(t, r.Events(), before)
	require.Zero(t, r.Stop())
	_, err := listen(t, r).Accept()
	require.ErrorIs(t, err, net.ErrClosed, "nobody can wait on what comes too late")
}

// TestStopDoesNotWaitForEver: a call that does not return is Pending in the
// recording, and ends because Stop closes the connection.
func TestStopDoesNotWaitForEver(t *testing.T) {
	r := NewRecorder()
	a, b := net.Pipe()
	defer b.Close()
	c := r.Conn(a, "client")
	var wg sync.WaitGroup
	began := make(chan bool)
	wg.Go(func() {
		close(began)
		c.Write([]byte("nobody reads this"))
	})
	<-began
	for len(r.pending()) == 0 && len(r.Events()) == 0 {
		runtime.Gosched() // until the Write has its place
	}
	require.Equal(t, 1, r.Stop())
	wg.Wait()
	ev := r.Events()
	require.Len(t, ev, 1)
	require.True(t, ev[0].Pending)
	require.Equal(t, 17, ev[0].N)
}

// pending are the calls under way.
func (r *Recorder) pending() []*slot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(r.waiting[:0:0], r.waiting...)
}
