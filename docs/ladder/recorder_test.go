package ladder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
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
	ln, err := r.Listen("server", "", func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") })
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// pair gives both ends of a recorded call.
func pair(t *testing.T, r *Recorder) (client, server net.Conn) {
	t.Helper()
	return call(t, r, listen(t, r))
}

func call(t *testing.T, r *Recorder, ln net.Listener) (client, server net.Conn) {
	t.Helper()
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

// varies is what differs from run to run.
var varies = cmpopts.IgnoreFields(Event{}, "At", "Took", "Local", "Remote", "Message", "Code")

func TestACallIsRecorded(t *testing.T) {
	r := calm()
	r.Scene("call", "A call", "一次通话")
	client, server := pair(t, r)
	_, err := client.Write([]byte("你好"))
	require.NoError(t, err)
	require.NoError(t, client.(tcp).CloseWrite())
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
	require.Empty(t, cmp.Diff(want, r.Events(), varies, cmpopts.EquateEmpty()))

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
	calls := func() error {
		c, err := r.Dial(t.Context(), "client", ln.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		for range rounds {
			word := bytes.Repeat([]byte("x"), 1+rand.IntN(300))
			if _, err := c.Write(word); err != nil {
				return err
			}
			if _, err := io.ReadFull(c, word); err != nil {
				return err
			}
		}
		if err := c.(tcp).CloseWrite(); err != nil {
			return err
		}
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			return fmt.Errorf("want EOF, got %v", err)
		}
		return nil
	}
	answers := func() error {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = io.CopyBuffer(c, c, make([]byte, 64))
		return err
	}
	ended := make(chan error)
	for range callers {
		go func() { ended <- calls() }()
		go func() { ended <- answers() }()
	}
	for range 2 * callers {
		require.NoError(t, <-ended)
	}
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
		for _, p := range places {
			ev = append(ev, call[p])
		}
		return causal(script(ev...))
	}
	require.NoError(t, order(0, 1, 2, 3, 4, 5))
	require.Error(t, order(1, 0, 2, 3, 4, 5), "Accept before Dial")
	require.Error(t, order(0, 1, 4, 2, 3, 5), "Read before Write")
	require.Error(t, order(0, 1, 2, 4, 5, 3), "EOF before Close")
}

// stuck is a call in which the client's Write waits, for nobody reads: it is
// shown as under way. The error of the Write comes over the channel.
func stuck(t *testing.T) (r *Recorder, client, server net.Conn, began Event, ended chan error) {
	t.Helper()
	r = NewRecorder()
	client, server = pair(t, r)
	pending := make(chan Event, 1)
	r.Watch(func(e Event) {
		if e.Pending && e.Kind == Write { // no other call has to wait, but may
			pending <- e
		}
	})
	ended = make(chan error, 1)
	go func() {
		_, err := client.Write(make([]byte, size))
		ended <- err
	}()
	return r, client, server, <-pending, ended
}

const size = 32 << 20 // more than any socket buffer holds

// TestABlockedWriteHoldsNothingUp: the reading goes on after a Write that
// waits for it, and the end of that Write is an event of its own.
func TestABlockedWriteHoldsNothingUp(t *testing.T) {
	r, client, server, began, ended := stuck(t)
	require.Equal(t, size, began.N)
	n, err := io.CopyN(io.Discard, struct{ io.Reader }{server}, size)
	require.NoError(t, err)
	require.EqualValues(t, size, n)
	require.NoError(t, <-ended)
	require.NoError(t, client.Close())
	r.Stop()

	require.NoError(t, causal(r.Events()))
	var found []Event
	for _, e := range r.Events() {
		if e.Of == began.Seq {
			found = append(found, e)
		}
	}
	require.Len(t, found, 1)
	require.Equal(t, size, found[0].N)
	require.Greater(t, found[0].Took, patience)
}

// TestAFailureComesAfterItsCause: a Write that is cut short began before the
// other side slammed the phone, and fails after it.
func TestAFailureComesAfterItsCause(t *testing.T) {
	r, _, server, _, ended := stuck(t)
	require.NoError(t, server.(tcp).SetLinger(0))
	require.NoError(t, server.Close())
	require.Error(t, <-ended, "a Write to nobody succeeded")
	var order []string
	for _, e := range r.Events() {
		if (e.Kind == Write || e.Kind == Close) && !(e.Who == "server" && e.Of > 0) { // the Close may be slow, too
			order = append(order, fmt.Sprint(e.Who, " ", e.Kind, " abort=", e.Abort, " failed=", e.Err != ""))
		}
	}
	require.Equal(t, []string{
		"client write abort=false failed=false",
		"server close abort=true failed=false",
		"client write abort=false failed=true",
	}, order)
}

func TestErrorsByName(t *testing.T) {
	failed := func(err error) error { return &net.OpError{Op: "read", Err: os.NewSyscallError("read", err)} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{io.EOF, "EOF"},
		{fmt.Errorf("body: %w", io.ErrUnexpectedEOF), "unexpected EOF"},
		{&net.OpError{Op: "accept", Err: net.ErrClosed}, "net.ErrClosed"},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, "deadline exceeded"},
		{context.DeadlineExceeded, "deadline exceeded"},
		{&net.OpError{Op: "dial", Err: context.Canceled}, "cancelled"},
		{&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, "no such host"},
		{failed(syscall.ECONNREFUSED), "ECONNREFUSED"},
		{failed(syscall.EPIPE), "EPIPE"},
		{failed(syscall.Errno(10054)), "WSAECONNRESET"},
		{errors.New("odd\nand more"), "odd"},
	} {
		require.Equal(t, c.want, ErrorName(c.err))
	}
}

// TestFailuresAreRecorded: a Dial that nobody answers, a Listen on a number that
// is taken, and an Accept of a phone that is switched off.
func TestFailuresAreRecorded(t *testing.T) {
	r := calm()
	ln := listen(t, r)
	client, _ := call(t, r, ln)
	addr := ln.Addr().String()
	r.Dial(t.Context(), "client", client.LocalAddr().String()) // bound, and does not listen
	r.Listen("server", addr, func() (net.Listener, error) { return net.Listen("tcp", addr) })
	ln.Close()
	ln.Accept()
	var failed []string
	for _, e := range r.Events() {
		if e.Err != "" {
			require.NotEmpty(t, e.Message)
			failed = append(failed, fmt.Sprint(e.Kind, " ", strings.TrimPrefix(e.Err, "WSA")))
		}
	}
	require.Equal(t, []string{"dial ECONNREFUSED", "listen EADDRINUSE", "accept net.ErrClosed"}, failed)
}

// TestMethodsAreKept: code that asks a connection what it can do gets the
// same answer from a recorded one, except for io.Copy's short ways.
func TestMethodsAreKept(t *testing.T) {
	client, _ := pair(t, calm())
	require.Implements(t, (*tcp)(nil), client)
	_, from := client.(io.ReaderFrom)
	_, to := client.(io.WriterTo)
	require.False(t, from || to, "bytes would pass unseen")
	require.IsType(t, &net.TCPConn{}, Inner(client))
}

func TestWhatIsKeptStays(t *testing.T) {
	r := calm()
	client, _ := pair(t, r)
	p := []byte("hello")
	_, err := client.Write(p)
	require.NoError(t, err)
	p[0] = 'J'
	ev := r.Events()
	require.Equal(t, "hello", string(ev[len(ev)-1].Head))

	text := []byte(strings.Repeat("好", 1000))
	require.Equal(t, strings.Repeat("好", HeadSize/3), string(head(text)), "cut between two characters")
	require.Len(t, head(bytes.Repeat([]byte{0x80}, 1000)), HeadSize)
	require.Empty(t, head(nil))
}

// TestStop: what is open is closed, so that whoever waits on it goes on; a
// call that does not return is Pending; nothing is recorded afterwards.
func TestStop(t *testing.T) {
	r, client, server, began, ended := stuck(t)
	ln := listen(t, r)
	var wg sync.WaitGroup
	wg.Go(func() { ln.Accept() })
	wg.Go(func() { client.Read(make([]byte, 1)) })
	r.Stop()
	wg.Wait()
	require.Error(t, <-ended)
	_, err := server.Read(make([]byte, 1))
	require.ErrorIs(t, err, net.ErrClosed)

	ev := r.Events()
	require.True(t, ev[began.Seq-1].Pending)
	r.Note("", "too late", "太晚")
	client.Close()
	require.Len(t, r.Events(), len(ev))
	_, err = listen(t, r).Accept()
	require.ErrorIs(t, err, net.ErrClosed, "nobody can wait on what comes too late")
}
