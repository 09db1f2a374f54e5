package cures

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	sticky "example.com/dialtone/04-sticky-packets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func cure(t *testing.T, slug string) Cure {
	t.Helper()
	i := slices.IndexFunc(All, func(c Cure) bool { return c.Slug == slug })
	require.GreaterOrEqual(t, i, 0, slug)
	return All[i]
}

// The one thing that is certain of the cure: it never fails.
func TestFramesNeverFail(t *testing.T) {
	for _, slug := range []string{"frames", "frames-large", "frames-writers"} {
		c := cure(t, slug)
		o, err := Try(t.Context(), c, 20)
		require.NoError(t, err)
		require.Positive(t, o.Took)
		o.Took = 0
		require.Equal(t, Outcome{Rounds: 20, Fewest: len(c.Messages), Most: len(c.Messages)}, o, slug)
	}
}

// And of the others: no byte is lost or changes places on the way, however
// the stream is split. It is only the messages that are gone.
func TestTheStreamIsWhole(t *testing.T) {
	for _, slug := range []string{"nodelay", "delay", "sleep", "sleep-busy", "buffer", "ok", "ok-large"} {
		c := cure(t, slug)
		sent := bytes.Join(c.Messages, nil)
		check := c.Receive
		c.Receive = func(conn *net.TCPConn) ([][]byte, error) {
			got, err := check(conn)
			require.NoError(t, err, slug)
			require.True(t, bytes.Equal(sent, bytes.Join(got, nil)), slug)
			return got, err
		}
		_, err := Try(t.Context(), c, 3)
		require.NoError(t, err)
	}
}

// The decoder that waits for Buffered has no chance with a frame longer
// than its buffer: this one is certain too.
func TestPeekBufferedSpins(t *testing.T) {
	c := cure(t, "peek")
	o, err := Try(t.Context(), c, 3)
	require.NoError(t, err)
	o.Took = 0
	require.Equal(t, Outcome{Rounds: 3, Failed: 3, Err: errSpins}, o)
}

// A new bufio.Reader for each line has read ahead and takes it along.
func TestANewReaderLosesLines(t *testing.T) {
	stream := strings.NewReader("one\ntwo\nthree\n")
	line, err := bufio.NewReader(stream).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "one\n", line)
	_, err = bufio.NewReader(stream).ReadString('\n')
	require.Equal(t, io.EOF, err, "two and three were read, and are gone")
}

// One Read that brings part of a body says nothing: the rest stays zero.
func TestOneReadIsNotAll(t *testing.T) {
	body := make([]byte, 11)
	n, err := iotest.HalfReader(strings.NewReader("hello baby~")).Read(body)
	require.NoError(t, err)
	require.Equal(t, 6, n)
	require.Equal(t, "hello \x00\x00\x00\x00\x00", string(body))
	_, err = io.ReadFull(iotest.HalfReader(strings.NewReader("hello baby~")), body)
	require.NoError(t, err)
	require.Equal(t, "hello baby~", string(body))
}

// The decoder with Peek takes the length for a signed number, as its
// originals do, and a negative one panics.
func TestANegativeLengthPanics(t *testing.T) {
	prefix := []byte{0xff, 0xff, 0xff, 0xff}
	length := int32(binary.BigEndian.Uint32(prefix))
	require.EqualValues(t, -1, length)
	require.Panics(t, func() { _ = make([]byte, length) })
}

// What came is compared with what was sent, so a failure is a failure.
func TestARoundIsJudged(t *testing.T) {
	c := Cure{Messages: [][]byte{[]byte("a"), []byte("b")}}
	for _, tt := range []struct {
		got             []string
		inOrder, anyhow bool
	}{
		{[]string{"a", "b"}, true, true},
		{[]string{"b", "a"}, false, true},
		{[]string{"ab"}, false, false},
		{[]string{"a"}, false, false},
		{[]string{"a", "b", ""}, false, false},
		{nil, false, false},
	} {
		var got [][]byte
		for _, m := range tt.got {
			got = append(got, []byte(m))
		}
		c.Unordered = false
		require.Equal(t, tt.inOrder, c.same(got), tt.got)
		c.Unordered = true
		require.Equal(t, tt.anyhow, c.same(got), tt.got)
	}
	require.Greater(t, len(Large[0]), 100_000)
	require.Less(t, len(Large[0]), Max)
	require.Equal(t, "hello baby~ 31", string(Small[30]))
	require.EqualValues(t, 4, sticky.PrefixSize)
}
