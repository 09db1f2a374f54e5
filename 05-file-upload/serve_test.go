package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/05-file-upload/internal/peer"
)

// Ctrl-C: the idle go, the file under way is finished, or cut when its time is
// over.
func TestGracefulStop(t *testing.T) {
	for _, timeout := range []time.Duration{peer.Timeout, time.Millisecond} {
		s := serve(t, func(s *Server) { s.ShutdownTimeout = timeout })
		idle := peer.Dial(t, s.Addr)
		idle.Send(peer.Header1("z", 1), []byte("z"))
		s.Record(t)
		busy := peer.Dial(t, s.Addr)
		busy.Send(peer.Header1("a", 10))
		require.Eventually(t, func() bool { return len(s.Unfinished(t)) == 1 }, peer.Timeout, time.Millisecond, "it does not begin")
		go s.Stop()
		require.Empty(t, idle.Closed())
		if timeout == peer.Timeout {
			busy.Send([]byte("0123456789"))
			require.Empty(t, busy.Closed())
			require.Equal(t, map[string]string{"a": "0123456789", "z": "z"}, peer.Tree(t, s.Dir))
			continue
		}
		require.Empty(t, busy.Closed())
		r := s.Record(t)
		require.ErrorIs(t, r.Err, ErrStopping)
		require.Equal(t, fmt.Sprintf("%v: not stored: %q: %v", r.Client, "a", r.Err), r.String())
		require.Equal(t, map[string]string{"z": "z"}, peer.Tree(t, s.Dir))
	}
}

// When ctx ends the listener is closed before an idle connection is: its
// client, which may come back at once, is not let in again.
func TestListenerIsClosedFirst(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln := &slowListener{Listener: inner}
	peer.Dial(t, inner.Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	first := false
	require.NoError(t, Serve(ctx, ln, DefaultLimits(), func(s *Session) {
		cancel()
		s.NextFrame()
		first = ln.closed.Load()
	}))
	require.True(t, first)
}

// A slowListener takes its time to close: the others must wait.
type slowListener struct {
	net.Listener
	closed atomic.Bool
}

func (l *slowListener) Close() error {
	err := l.Listener.Close()
	time.Sleep(10 * time.Millisecond)
	l.closed.Store(true)
	return err
}

// The least that can be served at once is one.
func TestNextClientWaits(t *testing.T) {
	for _, places := range []int{1, 0, -1} {
		s := serve(t, func(s *Server) { s.MaxConns = places })
		first := peer.Dial(t, s.Addr)
		first.Send(peer.Header1("a", 1))
		second := peer.Dial(t, s.Addr)
		second.Send(peer.Header1("b", 1), []byte("b"))
		second.CloseWrite()
		first.Send([]byte("a"))
		require.Equal(t, "a", s.Record(t).Stored)
		first.Close()
		require.Empty(t, second.Closed())
		require.Equal(t, "b", s.Record(t).Stored)
	}
}

// Nobody is let in any more once ctx is done, however near.
func TestTooLate(t *testing.T) {
	ours, theirs := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ln := &sickListener{errs: []error{nil}, late: func() net.Conn { cancel(); return theirs }}
	require.NoError(t, Serve(ctx, ln, DefaultLimits(), func(*Session) { t.Error("a client is served") }))
	_, err := ours.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// Out of descriptors is no reason to stop, nor to spin.
func TestAcceptBearsTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		ln := &sickListener{errs: []error{passing[0], &net.OpError{Op: "accept", Err: passing[1]}, broken}}
		began := time.Now()
		require.ErrorIs(t, Serve(t.Context(), ln, DefaultLimits(), nil), broken)
		require.Equal(t, 15*time.Millisecond, time.Since(began))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, Serve(ctx, &sickListener{errs: []error{passing[0]}}, DefaultLimits(), nil))
	})
}

// A sickListener has errors in order, the last for ever; for nil it has late.
type sickListener struct {
	net.Listener
	errs []error
	late func() net.Conn
}

func (l *sickListener) Accept() (net.Conn, error) {
	err := l.errs[0]
	l.errs = l.errs[min(1, len(l.errs)-1):]
	if err == nil {
		return l.late(), nil
	}
	return nil, err
}

func (*sickListener) Close() error { return nil }

// A session on a clock of its own: sent at once, then a byte after each
// pause, until the server closes.
func session(t *testing.T, limits Limits, sent []byte, pause time.Duration, n int) (rec Record, took time.Duration) {
	t.Helper()
	store, _ := openStore(t)
	synctest.Test(t, func(t *testing.T) {
		s := Server{limits, store, func(r Record) { rec = r }}
		ours, theirs := net.Pipe()
		ended := make(chan struct{})
		began := time.Now()
		go func() {
			defer close(ended)
			defer theirs.Close()
			s.session(NewSession(context.Background(), context.Background(), theirs, limits))
		}()
		ours.Write(sent)
		for range n {
			time.Sleep(pause)
			if _, err := ours.Write([]byte("x")); err != nil {
				break
			}
		}
		if n > 0 {
			ours.Close()
		}
		<-ended
		took = time.Since(began)
		ours.Close()
	})
	return rec, took
}

// Silence, and a byte now and then, before and inside the header and the
// body, end within bounds.
func TestSilenceAndDrip(t *testing.T) {
	limits := DefaultLimits()
	for i, sent := range [][]byte{
		nil, {9, 0}, peer.Header1("a", 10)[:10], append(peer.Header1("a", 1<<20), "half"...),
	} {
		for _, n := range []int{0, math.MaxInt} {
			rec, took := session(t, limits, sent, 5*time.Millisecond, n) // 200 bytes a second of 65,536
			require.Error(t, rec.Err, "%d", i)
			require.LessOrEqual(t, took, limits.IdleTimeout+time.Second, "%d", i)
		}
	}
}

// Slow, but fast enough: a step that its deadline interrupts goes on. A
// little slower, and it is cut off.
func TestSlowButSteady(t *testing.T) {
	limits := DefaultLimits()
	limits.IdleTimeout, limits.MinRate = 60*time.Second, 1 // 60 bytes in 60 s
	for pause, stored := range map[time.Duration]bool{
		500 * time.Millisecond: true, 950 * time.Millisecond: true, 1050 * time.Millisecond: false, 20 * time.Second: false,
	} {
		rec, _ := session(t, limits, peer.Header1("a", 400), pause, 400)
		if stored {
			require.NoError(t, rec.Err, "a byte every %v", pause)
			require.Equal(t, "a", rec.Stored)
		} else {
			require.ErrorIs(t, rec.Err, ErrSlow, "a byte every %v", pause)
		}
	}
	limits.MinRate = math.MaxInt64 // times IdleTimeout: more than 63 bits
	rec, _ := session(t, limits, peer.Header1("a", 100), 10*time.Second, 100)
	require.ErrorIs(t, rec.Err, ErrSlow)
}
