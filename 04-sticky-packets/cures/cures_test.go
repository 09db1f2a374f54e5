package cures

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
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
		var got []byte
		receive := c.receive
		c.receive = func(conn *net.TCPConn) func() ([]byte, error) {
			next := receive(conn)
			return func() ([]byte, error) {
				p, err := next()
				got = append(got, p...)
				return p, err
			}
		}
		o, err := Try(t.Context(), c, 3)
		require.NoError(t, errors.Join(err, o.Err))
		require.True(t, bytes.Equal(bytes.Repeat(bytes.Join(c.Messages, nil), 3), got), slug)
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
	for got, same := range map[string]bool{"a b": true, "b a": true, "ab": false, "a": false, "a b ": false, "": false} {
		c := Cure{Messages: [][]byte{[]byte("a"), []byte("b")}}
		require.Equal(t, same, c.same(bytes.Split([]byte(got), []byte(" "))), got)
	}
	require.Greater(t, len(Large[0]), 100_000)
	require.Less(t, len(Large[0]), Max)
	require.Equal(t, "hello baby~ 31", string(Small[30]))
}
