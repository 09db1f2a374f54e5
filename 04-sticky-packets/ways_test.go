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
	broken := errors.New("broken")
	_, err := drain(Lines(iotest.ErrReader(broken), 8))
	require.ErrorIs(t, err, broken)
	for line := range Lines(strings.NewReader("one\ntwo\n"), math.MaxInt) {
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
}

// framed wants one after another, as written; and cut anywhere, the messages
// before the cut, and io.EOF only between two of the same size.
func framed[T any](t *testing.T, want []T, write func(io.Writer, T) error, read func(io.Reader) (T, error)) (wire bytes.Buffer) {
	t.Helper()
	for _, m := range want {
		require.NoError(t, write(&wire, m))
	}
	size := wire.Len() / len(want)
	for cut := range wire.Len() + 1 {
		r := iotest.HalfReader(bytes.NewReader(wire.Bytes()[:cut]))
		for _, m := range want[:cut/size] {
			got, err := read(r)
			require.NoError(t, err)
			require.Equal(t, m, got, "cut at %d", cut)
		}
		_, err := read(r)
		require.Equal(t, cut%size == 0, err == io.EOF, "cut at %d: %v", cut, err)
		require.Equal(t, cut%size != 0, errors.Is(err, io.ErrUnexpectedEOF), "cut at %d: %v", cut, err)
	}
	return wire
}

func TestReadings(t *testing.T) {
	wire := framed(t, []Reading{{1, 36.6}, {-2, 0}, {1 << 40, -40}}, WriteReading, ReadReading)
	require.Equal(t, 3*12, wire.Len())
}

func TestTLV(t *testing.T) {
	type tlv struct {
		kind  byte
		value string
	}
	wire := framed(t, []tlv{{7, "hello"}, {0, "there"}},
		func(w io.Writer, m tlv) error { return WriteTLV(w, m.kind, []byte(m.value), 5) },
		func(r io.Reader) (tlv, error) {
			kind, value, err := ReadTLV(r, 5)
			return tlv{kind, string(value)}, err
		})
	require.Equal(t, "\x07\x00\x00\x00\x05hello\x00\x00\x00\x00\x05there", wire.String())
	require.ErrorIs(t, WriteTLV(io.Discard, 7, []byte("hello!"), 5), ErrTooLarge)
	_, _, err := ReadTLV(&wire, 4)
	require.ErrorIs(t, err, ErrTooLarge)
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
	_, err := drain(JSON[word](strings.NewReader("GET / HTTP/1.1"), 1000))
	require.ErrorAs(t, err, new(*json.SyntaxError))
	got, err := drain(JSON[int](strings.NewReader("1234"[:2]), 1000))
	require.NoError(t, err)
	require.Equal(t, []int{12}, got, "a number that is cut is a number")
	got, err = drain(JSON[int](strings.NewReader("1234567890"), 5))
	require.ErrorIs(t, err, ErrTooLarge, "but not one that the limit cuts")
	require.Empty(t, got)
	ahead := strings.NewReader(`{"Say":"hello"}the file itself`)
	for v := range JSON[word](ahead, 1000) {
		require.Equal(t, word{"hello"}, v)
		break
	}
	require.Zero(t, ahead.Len(), "it has read on: nothing is left for whoever takes the connection over")
}
