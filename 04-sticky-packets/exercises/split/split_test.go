package split_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"example.com/dialtone/04-sticky-packets/exercises/split"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { split.Split(nil, 0) })

func wire(messages ...string) []byte { return []byte(grade.Frames(binary.BigEndian, messages...)) }

const whole = "of a frame that is not there whole every byte belongs to rest, its prefix too; and a frame that is there whole does not"

// result is what Split makes of a stream.
type result struct {
	frames [][]byte
	rest   []byte
	err    error
}

func splits(t *testing.T, c grade.Case, stream []byte, max uint32) (r result) {
	t.Helper()
	c.Run(t, func() { r.frames, r.rest, r.err = split.Split(stream, max) })
	return r
}

func (r result) good(t *testing.T, c grade.Case) {
	t.Helper()
	if errors.Is(r.err, split.ErrTooLarge) {
		c = c.Usually("ErrTooLarge for a length that is allowed: it is big-endian, unsigned, stands before each payload, and may be max")
	}
	c.NoError(t, r.err)
}

// has compares messages one by one, so that a failure shows bytes.
func (r result) has(t *testing.T, c grade.Case, want []string, rest string) {
	t.Helper()
	for i := range min(len(want), len(r.frames)) {
		c.Bytes(t, fmt.Sprintf("message %d", i+1), want[i], string(r.frames[i]))
	}
	c.True(t, len(want) == len(r.frames), fmt.Sprintf("messages: %d", len(want)), fmt.Sprintf("messages: %d, %.60q", len(r.frames), r.frames))
	c.Usually(whole).Bytes(t, "the rest", rest, string(r.rest))
}

var messages = []string{"hello baby~", "", "你好，宝贝", strings.Repeat("long ", 60), "\xff\n\x00", ""}

func TestSplit(t *testing.T) {
	c := grade.Case{
		Did:   fmt.Sprintf("Split of %d whole frames and two bytes of the next", len(messages)),
		Means: "the length is big-endian, 4 bytes, and counts the payload only; an empty message is one too; a frame that ends where the stream ends is whole",
		Less:  "something was cut off a payload: zero bytes at its end belong to it",
	}
	stream := append(wire(messages...), "\x00\x00"...)
	before := string(stream)
	r := splits(t, c, stream, 1000)
	r.good(t, c)
	r.has(t, c, messages, "\x00\x00")
	c.Usually("stream is its owner's").Bytes(t, "stream afterwards, as it was", before, string(stream))
	for _, p := range r.frames {
		_ = append(p, "XXXXXXXXXXXX"...)
	}
	c.Did = "the same, and then append to each payload"
	r.has(t, c.Usually("stream[a:b] has all of stream behind it as capacity: say stream[a:b:b]"), messages, "\x00\x00")
}

// Whatever way the stream arrives, the messages are the same.
func TestSplitEveryWay(t *testing.T) {
	all := wire(messages...)
	for cut := range len(all) + 1 {
		c := grade.Case{
			Did:   fmt.Sprintf("Split of stream[:%d] of %d bytes, and again with its rest and the other bytes behind it", cut, len(all)),
			Means: whole,
		}
		early := splits(t, c, all[:cut:cut], 1000)
		early.good(t, c)
		late := splits(t, c, slices.Concat(early.rest, all[cut:]), 1000)
		late.good(t, c)
		late.frames = slices.Concat(early.frames, late.frames)
		late.has(t, c, messages, "")
		c.Usually("a whole frame was left in rest").
			True(t, cut < len(all) || len(early.rest) == 0, "nothing left of a whole stream", fmt.Sprintf("left: %d bytes", len(early.rest)))
	}
}

// A frame is taken as soon as it is whole.
func TestSplitDoesNotWait(t *testing.T) {
	for _, m := range []string{"x", "hello", ""} {
		c := grade.Case{
			Did:   fmt.Sprintf("Split of one whole frame, %q, and of the same with three bytes behind it", m),
			Means: "it waits for something that need not come: the sender of a whole frame may wait for the answer",
		}
		for _, more := range []string{"", "\x00\x00\x00"} {
			r := splits(t, c, append(wire(m), more...), 1000)
			r.good(t, c)
			r.has(t, c, []string{m}, more)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, tt := range []struct{ length, max uint32 }{{10, 10}, {11, 10}, {1, 0}, {0, 0}, {1 << 31, 1000}, {math.MaxUint32, 1000}} {
		for _, there := range []int{0, 1, 20} {
			c := grade.Case{
				Did:   fmt.Sprintf("Split(stream, max %d); two good frames, then a prefix that announces %d, and bytes behind it: %d", tt.max, tt.length, there),
				Means: "the limit is not the one asked for, or asked for too late: it concerns the prefix, the payload need not be there",
			}
			bad := string(binary.BigEndian.AppendUint32(nil, tt.length)) + strings.Repeat("\x00", there)
			before := []string{"a", "b"}
			if tt.max == 0 {
				before = []string{"", ""}
			}
			stream := append(wire(before...), bad...)
			r := splits(t, c, stream, tt.max)
			if tt.length <= tt.max {
				r.good(t, c)
				continue
			}
			c.ErrorIs(t, r.err, split.ErrTooLarge)
			r.has(t, c.Usually("what came before the error was thrown away"), before, bad)
		}
	}
}

// Four gigabytes are announced, and allowed: they are not there yet.
func TestSplitOfTheLargestLength(t *testing.T) {
	for _, length := range []uint32{1 << 31, math.MaxUint32, math.MaxUint32 - 3} {
		c := grade.Case{
			Did:   fmt.Sprintf("Split(stream, max 4294967295) of a prefix that announces %d, and five bytes", length),
			Means: "the length went through a signed or too small type: it is unsigned, and length+4 need not fit into 32 bits",
		}
		stream := append(binary.BigEndian.AppendUint32(nil, length), "hello"...)
		r := splits(t, c, stream, math.MaxUint32)
		r.good(t, c)
		r.has(t, c, nil, string(stream))
	}
}

// A sender of zeros sends many frames with few bytes.
func TestSplitOfManyFrames(t *testing.T) {
	const n = 300_000
	c := grade.Case{
		Did:   fmt.Sprintf("Split of %d empty frames", n),
		Means: "an empty payload is a message like any other, and none is lost",
		Waits: "if the other tests end: all the frames, or all the rest, are copied for each frame, so that twice as many take four times as long",
	}
	r := splits(t, c, make([]byte, 4*n), 1000)
	r.good(t, c)
	c.True(t, len(r.frames) == n, fmt.Sprintf("messages: %d", n), fmt.Sprintf("messages: %d", len(r.frames)))
	c.Bytes(t, "the rest", "", string(r.rest))
}
