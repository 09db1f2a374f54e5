package prefix_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/dialtone/04-sticky-packets/exercises/prefix"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { prefix.Frame(nil) })

func TestFrame(t *testing.T) {
	for _, f := range []struct{ p, first, means string }{
		{"hello baby~", "\x00\x00\x00\x0b", "big-endian: the most significant byte goes first, and the 4 bytes do not count themselves"},
		{"你好", "\x00\x00\x00\x06", "bytes are counted, not characters"},
		{"", "\x00\x00\x00\x00", "an empty message is a message"},
		{strings.Repeat("x", 70_000), "\x00\x01\x11\x70", "a length does not fit into one byte, nor into two"},
	} {
		c := grade.Case{Did: fmt.Sprintf("Frame(%d bytes: %.15q)", len(f.p), f.p), Means: f.means}
		memory := []byte(f.p + " and more") // p is the beginning of it
		var got []byte
		c.Run(t, func() { got = prefix.Frame(memory[:len(f.p)]) })
		c.Bytes(t, "the frame", f.first+f.p, string(got))
		c.Usually("p was changed, or what lies behind it in memory (append does that): make a slice of your own").
			Bytes(t, "p and what lies behind it, as they were", f.p+" and more", string(memory))
	}
}
