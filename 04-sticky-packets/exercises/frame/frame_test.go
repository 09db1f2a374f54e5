package frame_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"example.com/dialtone/04-sticky-packets/exercises/frame"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { frame.WriteFrame(io.Discard, nil, 0) },
	func() { frame.ReadFrame(strings.NewReader(""), 0) })

func wire(messages ...string) string { return grade.Frames(binary.BigEndian, messages...) }

// write sends a message, and counts the Writes.
func write(t *testing.T, c grade.Case, w *grade.Line, p []byte, max uint32) (writes int, err error) {
	t.Helper()
	err = c.Do(t, func() error { return frame.WriteFrame(w, p, max) })
	return len(w.Log()), err
}

var messages = []string{"hello baby~", "", "你好，宝贝", strings.Repeat("long ", 20_000), "\x00\x00\x00\x05"}

func TestWriteFrame(t *testing.T) {
	for _, m := range messages {
		c := grade.Case{
			Did:   fmt.Sprintf("WriteFrame(w, p, 1 MiB), where p is %s", grade.Short(m)),
			Means: "the length is big-endian, 4 bytes, and counts the payload only; an empty message has one too",
		}
		memory := []byte(m + " and more") // p is the beginning of it
		w := &grade.Line{}
		writes, err := write(t, c, w, memory[:len(m)], 1<<20)
		c.NoError(t, err)
		c.Bytes(t, "the frame", wire(m), w.Said())
		c.Usually("prefix and payload were written one after the other; another goroutine's frame can get between them").
			True(t, writes == 1, "one Write", fmt.Sprintf("%d Writes", writes))
		c.Usually("p was moved or appended to (slices.Insert, append(p, …)): where it has room to spare, that writes over the caller's memory. Make a slice of your own").
			Bytes(t, "p and what lies behind it in memory, as they were", m+" and more", string(memory))
	}
}

func TestWriteFrameSharesNothing(t *testing.T) {
	// More than once, for a shared buffer that has yet to grow.
	for range 20 {
		c := grade.Case{
			Did:   "WriteFrame(w, \"hello baby~\"); w takes its time, and meanwhile WriteFrame(w2, \"who is it?\")",
			Means: "all calls build their frames in the same memory: while one waits for its w, another writes over its frame",
			Waits: "a lock is held while w is written to: one caller who does not listen stops all the others",
		}
		alone, busy := &grade.Line{}, &grade.Line{}
		meanwhile := sync.OnceFunc(func() { frame.WriteFrame(&grade.Line{}, []byte("who is it?"), 64) })
		busy.Take = func(p []byte) (int, error) { meanwhile(); return len(p), nil }
		write(t, c, alone, []byte("hello baby~"), 64)
		_, err := write(t, c, busy, []byte("hello baby~"), 64)
		c.NoError(t, err)
		c.Bytes(t, "what w gets when nothing else happens", alone.Said(), busy.Said())
	}
}

func TestWriteFrameReportsAnError(t *testing.T) {
	c := grade.Case{
		Did:   "WriteFrame(w, …) with a w that fails with EPIPE",
		Means: "the error of Write was dropped, or turned into text: wrap it with %w",
	}
	writes, err := write(t, c, &grade.Line{Take: func([]byte) (int, error) { return 0, syscall.EPIPE }}, []byte("hello"), 64)
	c.ErrorIs(t, err, syscall.EPIPE)
	c.Usually("a Write that failed was tried again: part of the frame may be out, and would come twice").
		True(t, writes == 1, "one Write", fmt.Sprintf("%d Writes", writes))
}

func read(t *testing.T, c grade.Case, r io.Reader, max uint32) ([]byte, error) {
	t.Helper()
	return grade.Get(t, c, func() ([]byte, error) { return frame.ReadFrame(r, max) })
}

func TestReadFrame(t *testing.T) {
	for _, manner := range grade.Manners {
		r := manner.Of(strings.NewReader(wire(messages...) + "and the rest"))
		payloads := make([][]byte, len(messages))
		for i, m := range messages {
			c := grade.Case{
				Did:   fmt.Sprintf("ReadFrame, call %d, of a stream of %d frames that arrives %s", i+1, len(messages), manner.Name),
				Means: "one Read was taken for a whole prefix or payload (io.ReadFull reads until it is full), or something read ahead and what it read is lost (a bufio.Reader made in each call?)",
			}
			got, err := read(t, c, r, 1<<20)
			if m == "" && !errors.Is(err, frame.ErrTooLarge) {
				c = c.Usually("an empty payload is a message like any other")
			}
			c.True(t, err == nil, "no error", grade.Describe(err))
			c.Bytes(t, "the payload", m, string(got))
			payloads[i] = got
		}
		c := grade.Case{
			Did:   "ReadFrame until the last frame, and then a look at all payloads",
			Means: "the payload lies in memory that the next call uses again: make it new for each message",
		}
		for i, m := range messages {
			c.Bytes(t, fmt.Sprintf("payload %d, as it was", i+1), m, string(payloads[i]))
		}
		rest, _ := io.ReadAll(r)
		c.Usually("something read ahead (a bufio.Reader made here?), and what it read is lost").
			Bytes(t, "what is left in r", "and the rest", string(rest))
	}
}

func TestReadFrameTellsTheEnds(t *testing.T) {
	whole := wire("hello")
	for _, manner := range grade.Manners[1:] {
		for _, m := range []string{"hello", ""} {
			c := grade.Case{Did: fmt.Sprintf("ReadFrame of one whole frame, %q, and then the end (%s)", m, manner.Name)}
			_, err := read(t, c, manner.Of(strings.NewReader(wire(m))), 64)
			c.Usually("a Read may bring the last bytes together with io.EOF: count them before you look at the error").NoError(t, err)
		}
		for cut := range len(whole) {
			c := grade.Case{Did: fmt.Sprintf("ReadFrame of a frame of %d bytes, and after byte %d the end (%s)", len(whole), cut, manner.Name)}
			_, err := read(t, c, manner.Of(strings.NewReader(whole[:cut])), 64)
			want := io.ErrUnexpectedEOF
			switch {
			case cut == 0:
				c, want = c.Usually("a clean end was taken for a cut"), io.EOF
			case err == nil:
				c = c.Usually("a frame that was cut passes for a whole one")
			case cut == 4:
				c = c.Usually("io.ReadFull says io.EOF where nothing at all came: after a prefix that is no clean end")
			default:
				c = c.Usually("a frame that was cut passes for a clean end")
			}
			c.ErrorIs(t, err, want)
			c.True(t, errors.Is(err, io.EOF) == (cut == 0), "io.EOF between two frames, and nowhere else", grade.Describe(err))
			for _, broken := range []error{syscall.ECONNRESET, os.ErrDeadlineExceeded, net.ErrClosed} {
				c := grade.Case{
					Did:   fmt.Sprintf("ReadFrame of a frame whose reader fails after %d bytes: %v", cut, broken),
					Means: "an error of r that is not io.EOF is no end of the stream: return it, wrapped with %w",
				}
				_, err := read(t, c, io.MultiReader(strings.NewReader(whole[:cut]), iotest.ErrReader(broken)), 64)
				c.ErrorIs(t, err, broken)
			}
		}
	}
}

func TestFramesTooLarge(t *testing.T) {
	for _, tt := range []struct{ length, max uint32 }{
		{9, 10}, {10, 10}, {0, 0}, {11, 10}, {1, 0}, {1 << 20, 10}, {math.MaxUint32, 10}, {1 << 31, 1 << 20}, {0x47455420, 1 << 20},
	} {
		refused := func(c grade.Case, err error, nothing bool, means, came string) {
			t.Helper()
			c.Means = "the limit is not the one asked for: max bytes are allowed, one more is not; the length is unsigned"
			if tt.length <= tt.max {
				c.NoError(t, err)
				return
			}
			c.ErrorIs(t, err, frame.ErrTooLarge)
			c.Usually(means).True(t, nothing, "the error, and not a byte of the message", came)
		}
		c := grade.Case{Did: fmt.Sprintf("ReadFrame(r, max %d); the prefix announces %d", tt.max, tt.length)}
		r := bytes.NewReader(append(binary.BigEndian.AppendUint32(nil, tt.length), make([]byte, 4096)...))
		_, err := read(t, c, r, tt.max)
		refused(c, err, r.Len() == 4096, "it was read before it was refused", fmt.Sprintf("%d bytes read behind the prefix", 4096-r.Len()))
		if tt.length > 1<<20 {
			continue
		}
		c = grade.Case{Did: fmt.Sprintf("WriteFrame(w, p, %d); len(p) is %d", tt.max, tt.length)}
		w := &grade.Line{}
		writes, err := write(t, c, w, make([]byte, tt.length), tt.max)
		refused(c, err, writes == 0, "it was written before it was measured: the receiver now waits for the rest",
			fmt.Sprintf("Writes: %d, bytes: %d", writes, len(w.Said())))
	}
}

func TestReadFrameDoesNotBelieve(t *testing.T) {
	for _, tt := range []struct {
		mib  uint32
		come int
	}{{1, 3}, {64, 3}, {63, 70_000}} {
		c := grade.Case{
			Did:   fmt.Sprintf("ReadFrame(r, max 128 MiB); the prefix announces %d MiB, %d bytes follow, then the end", tt.mib, tt.come),
			Means: "room for the whole length was made at once: let the buffer grow with what arrives",
		}
		cost := uint64(math.MaxUint64)
		for range 10 { // the least of ten: the other tests allocate too
			r := bytes.NewReader(append(binary.BigEndian.AppendUint32(nil, tt.mib<<20), strings.Repeat("a", tt.come)...))
			var before, after runtime.MemStats
			var err error
			c.Run(t, func() {
				runtime.ReadMemStats(&before)
				_, err = frame.ReadFrame(r, 128<<20)
				runtime.ReadMemStats(&after)
			})
			c.Usually("a frame that was cut passes for a whole one, or for a clean end").
				ErrorIs(t, err, io.ErrUnexpectedEOF)
			cost = min(cost, after.TotalAlloc-before.TotalAlloc)
		}
		c.True(t, cost < uint64(tt.mib)<<20*3/4, fmt.Sprintf("far less than %d MiB of memory", tt.mib), fmt.Sprintf("%d KiB", cost>>10))
	}
}
