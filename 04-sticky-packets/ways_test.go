package sticky

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// drain gives what came before the error, and the error.
func drain[T any](seq func(func(T, error) bool)) (all []T, err error) {
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		err  error
	}{
		{"", nil, nil},
		{"one\n\n你好\n", []string{"one", "", "你好"}, nil},
		{"one\ntw", []string{"one"}, io.ErrUnexpectedEOF},
		{"1234567\n12345678\n", []string{"1234567", "12345678"}, nil},
		{"123456789\n", nil, ErrTooLarge},
		{"one\n123456789123456789", []string{"one"}, ErrTooLarge},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in)), iotest.DataErrReader(strings.NewReader(c.in))} {
			got, err := drain(Lines(r, 8))
			require.ErrorIs(t, err, c.err, c.in)
			require.Empty(t, cmp.Diff(c.want, got), c.in)
		}
	}
	got, err := drain(Lines(strings.NewReader("one\n"), math.MaxInt))
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, got)
	broken := errors.New("broken")
	_, err = drain(Lines(iotest.ErrReader(broken), 8))
	require.ErrorIs(t, err, broken)
	for line := range Lines(strings.NewReader("one\ntwo\n"), 8) {
		require.Equal(t, "one", line)
		break
	}
}

// What Lines repairs in a bufio.Scanner as it comes.
func TestScannerAsItComes(t *testing.T) {
	lines := bufio.NewScanner(strings.NewReader("whole\ncut o"))
	var got []string
	for lines.Scan() {
		got = append(got, lines.Text())
	}
	require.NoError(t, lines.Err(), "a line cut off passes for a line")
	require.Equal(t, []string{"whole", "cut o"}, got)

	long := strings.Repeat("x", bufio.MaxScanTokenSize) + "\nshort\n"
	lines = bufio.NewScanner(strings.NewReader(long))
	require.False(t, lines.Scan(), "64 KiB and no more; and nothing after it")
	require.Equal(t, bufio.ErrTooLong, lines.Err())

	_, err := bufio.NewReader(strings.NewReader("cut o")).ReadString('\n')
	require.Equal(t, io.EOF, err, "ReadString tells: it gives the piece and io.EOF")
	text, err := bufio.NewReader(strings.NewReader(long)).ReadString('\n')
	require.NoError(t, err, "but it has no limit at all")
	require.Len(t, text, bufio.MaxScanTokenSize+1)
}

func TestReadings(t *testing.T) {
	var wire bytes.Buffer
	want := []Reading{{1, 36.6}, {-2, 0}, {1 << 40, -40}}
	for _, m := range want {
		require.NoError(t, WriteReading(&wire, m))
	}
	require.Equal(t, 3*12, wire.Len())
	whole := wire.Bytes()
	for cut := range len(whole) + 1 {
		r := iotest.HalfReader(bytes.NewReader(whole[:cut]))
		got := []Reading{}
		var err error
		for {
			var m Reading
			if m, err = ReadReading(r); err != nil {
				break
			}
			got = append(got, m)
		}
		require.Empty(t, cmp.Diff(want[:cut/12], got), "cut at %d", cut)
		if cut%12 == 0 {
			require.Equal(t, io.EOF, err)
		} else {
			require.Equal(t, io.ErrUnexpectedEOF, err)
		}
	}
}

type word struct{ Say string }

func TestJSON(t *testing.T) {
	long := `{"Say":"` + strings.Repeat("x", 5000) + `"}`
	for _, c := range []struct {
		in   string
		want []word
		err  error
	}{
		{"", nil, nil},
		{`{"Say":"one"}{"Say":"二"} {"Say":""}` + "\n", []word{{"one"}, {"二"}, {""}}, nil},
		{`{"Say":"one"}{"Say":"tw`, []word{{"one"}}, io.ErrUnexpectedEOF},
		{long, nil, ErrTooLarge},
		{strings.Repeat(`{"Say":"one"}`, 100), slices.Repeat([]word{{"one"}}, 100), nil},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			got, err := drain(JSON[word](r, 1000))
			require.ErrorIs(t, err, c.err, "%.40s", c.in)
			require.Empty(t, cmp.Diff(c.want, got), "%.40s", c.in)
		}
	}
	var syntax *json.SyntaxError
	_, err := drain(JSON[word](strings.NewReader("GET / HTTP/1.1"), 1000))
	require.ErrorAs(t, err, &syntax)
	got, err := drain(JSON[int](strings.NewReader("1234"[:2]), 1000))
	require.NoError(t, err)
	require.Equal(t, []int{12}, got, "a number that is cut is a number")
	got, err = drain(JSON[int](strings.NewReader("1234567890"), 5))
	require.ErrorIs(t, err, ErrTooLarge, "but not one that the limit cuts")
	require.Empty(t, got)
	for v := range JSON[int](strings.NewReader("1 2"), 1000) {
		require.Equal(t, 1, v)
		break
	}
}

// The decoder has read on: whoever takes the connection over misses it.
func TestJSONReadsAhead(t *testing.T) {
	r := strings.NewReader(`{"Say":"hello"}the file itself`)
	values := json.NewDecoder(r)
	var v word
	require.NoError(t, values.Decode(&v))
	require.Zero(t, r.Len(), "nothing left for anybody else")
	ahead, err := io.ReadAll(values.Buffered())
	require.NoError(t, err)
	require.Equal(t, "the file itself", string(ahead), "here it is")
}

func TestTLV(t *testing.T) {
	var wire bytes.Buffer
	require.NoError(t, WriteTLV(&wire, 7, []byte("hello"), 5))
	require.ErrorIs(t, WriteTLV(&wire, 7, []byte("hello!"), 5), ErrTooLarge)
	require.Equal(t, "\x07\x00\x00\x00\x05hello", wire.String())
	whole := wire.Bytes()
	for cut := range len(whole) {
		_, _, err := ReadTLV(bytes.NewReader(whole[:cut]), 5)
		if cut == 0 {
			require.Equal(t, io.EOF, err)
		} else {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut at %d", cut)
		}
	}
	kind, value, err := ReadTLV(bytes.NewReader(whole), 5)
	require.NoError(t, err)
	require.EqualValues(t, 7, kind)
	require.Equal(t, "hello", string(value))
	_, _, err = ReadTLV(bytes.NewReader(whole), 4)
	require.ErrorIs(t, err, ErrTooLarge)
}
