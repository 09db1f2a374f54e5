package split_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"example.com/dialtone/04-sticky-packets/exercises/split"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { split.Split(nil, 0) })

// wire is messages as they travel, by the tests' own hand.
func wire(messages ...string) []byte {
	var b []byte
	for _, m := range messages {
		b = binary.BigEndian.AppendUint32(b, uint32(len(m)))
		b = append(b, m...)
	}
	return b
}

func text(frames [][]byte) []string {
	all := []string{}
	for _, f := range frames {
		all = append(all, string(f))
	}
	return all
}

const whole = "of a frame that is not there whole every byte belongs to rest, its prefix too; and a frame that is there whole does not"

func good(t *testing.T, c grade.Case, err error) {
	t.Helper()
	if errors.Is(err, split.ErrTooLarge) {
		c = c.Usually("ErrTooLarge for a length that is allowed: it is big-endian, unsigned, stands before each payload, and may be max")
	}
	c.NoError(t, err)
}

// same compares messages one by one, so that a failure shows bytes.
func same(t *testing.T, c grade.Case, want []string, frames [][]byte) {
	t.Helper()
	got := text(frames)
	for i := range min(len(want), len(got)) {
		c.Bytes(t, fmt.Sprintf("message %d", i+1), want[i], got[i])
	}
	c.True(t, len(want) == len(got), fmt.Sprintf("messages: %d", len(want)), fmt.Sprintf("messages: %d, %.60q", len(got), got))
}

var messages = []string{"hello baby~", "", "你好，宝贝", strings.Repeat("long ", 60), "\xff\n\x00", ""}

func TestSplit(t *testing.T) {
	c := grade.Case{
		Did:   fmt.Sprintf("Split of %d whole frames", len(messages)),
		Means: "the length is big-endian, 4 bytes, and counts the payload only; an empty message is one too; a frame that ends where the stream ends is whole",
		Less:  "something was cut off a payload: zero bytes at its end belong to it",
	}
	stream := wire(messages...)
	before := string(stream)
	var frames [][]byte
	var rest []byte
	var err error
	c.Run(t, func() { frames, rest, err = split.Split(stream, 1000) })
	good(t, c, err)
	same(t, c, messages, frames)
	c.Bytes(t, "the rest", "", string(rest))
	c.Usually("stream is its owner's").Bytes(t, "stream afterwards, as it was", before, string(stream))
}

func TestSplitOfNothing(t *testing.T) {
	c := grade.Case{Did: "Split of an empty stream", Means: "less than a prefix is no frame and no error: it is all rest"}
	var frames [][]byte
	var rest []byte
	var err error
	c.Run(t, func() { frames, rest, err = split.Split(nil, 1000) })
	good(t, c, err)
	same(t, c, []string{}, frames)
	c.Bytes(t, "the rest", "", string(rest))
}

// Whatever way the stream arrives, the messages are the same.
func TestSplitEveryWay(t *testing.T) {
	all := wire(messages...)
	for cut := range len(all) + 1 {
		c := grade.Case{
			Did:   fmt.Sprintf("Split of stream[:%d] of %d bytes, and again with its rest and the other bytes behind it", cut, len(all)),
			Means: whole,
		}
		var early, late [][]byte
		var rest, end []byte
		var err, err2 error
		c.Run(t, func() {
			early, rest, err = split.Split(all[:cut:cut], 1000)
		})
		good(t, c, err)
		kept := string(rest)
		c.Run(t, func() {
			late, end, err2 = split.Split([]byte(kept+string(all[cut:])), 1000)
		})
		good(t, c, err2)
		same(t, c, messages, append(append([][]byte{}, early...), late...))
		c.Bytes(t, "the rest at the end", "", string(end))
		c.Usually("a whole frame was left in rest").
			True(t, cut < len(all) || len(kept) == 0, "nothing left of a whole stream", fmt.Sprintf("left: %d bytes", len(kept)))
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
			var frames [][]byte
			var rest []byte
			var err error
			c.Run(t, func() { frames, rest, err = split.Split(append(wire(m), more...), 1000) })
			good(t, c, err)
			same(t, c, []string{m}, frames)
			c.Usually(whole).Bytes(t, "the rest", more, string(rest))
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
			var frames [][]byte
			var rest []byte
			var err error
			c.Run(t, func() { frames, rest, err = split.Split(stream, tt.max) })
			if tt.length <= tt.max {
				good(t, c, err)
				continue
			}
			c.ErrorIs(t, err, split.ErrTooLarge)
			c = c.Usually("what came before the error was thrown away")
			same(t, c, before, frames)
			c.Bytes(t, "the rest", bad, string(rest))
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
		var frames [][]byte
		var rest []byte
		var err error
		c.Run(t, func() { frames, rest, err = split.Split(stream, math.MaxUint32) })
		good(t, c, err)
		same(t, c, []string{}, frames)
		c.Usually(whole).Bytes(t, "the rest", string(stream), string(rest))
	}
}

func TestSplitKeepsFramesApart(t *testing.T) {
	c := grade.Case{
		Did:   "Split of two frames and a rest, then append to the first payload",
		Means: "stream[a:b] has all of stream behind it as capacity: say stream[a:b:b]",
	}
	var frames [][]byte
	var rest []byte
	c.Run(t, func() { frames, rest, _ = split.Split(append(wire("one", "two"), "\x00\x00"...), 1000) })
	before := c.Usually("so it was before the append: what the other tests find comes first")
	same(t, before, []string{"one", "two"}, frames)
	before.Bytes(t, "the rest", "\x00\x00", string(rest))
	_ = append(frames[0], "XXXXXX"...)
	same(t, c, []string{"one", "two"}, frames)
	c.Bytes(t, "the rest", "\x00\x00", string(rest))
}

// A sender of zeros sends many frames with few bytes.
func TestSplitOfManyFrames(t *testing.T) {
	const n = 100_000
	c := grade.Case{
		Did:   fmt.Sprintf("Split of %d empty frames", n),
		Means: "an empty payload is a message like any other, and none is lost",
		Waits: "if the other tests end: all the frames, or all the rest, are copied for each frame, so that twice as many take four times as long",
	}
	var frames [][]byte
	var rest []byte
	var err error
	c.Run(t, func() { frames, rest, err = split.Split(make([]byte, 4*n), 1000) })
	good(t, c, err)
	c.True(t, len(frames) == n, fmt.Sprintf("messages: %d", n), fmt.Sprintf("messages: %d", len(frames)))
	c.Bytes(t, "the rest", "", string(rest))
}
