package sticky

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// forms are the two ways to read frames: every test goes for both.
var forms = []struct {
	name string
	open func(r io.Reader, max uint32) (next func() ([]byte, error))
}{
	{"ReadFrame", func(r io.Reader, max uint32) func() ([]byte, error) {
		return func() ([]byte, error) { return ReadFrame(r, max) }
	}},
	{"Reader", func(r io.Reader, max uint32) func() ([]byte, error) {
		return NewReader(r, max).Next
	}},
}

func eachForm(t *testing.T, test func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error))) {
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) { test(t, form.open) })
	}
}

// readAll reads until an error; it keeps copies.
func readAll(next func() ([]byte, error)) (messages []string, err error) {
	for {
		p, err := next()
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(p))
	}
}

// stream is messages as frames, one after the other.
func stream(t testing.TB, messages ...string) []byte {
	var b []byte
	for _, m := range messages {
		var err error
		b, err = AppendFrame(b, []byte(m), math.MaxUint32)
		require.NoError(t, err)
	}
	return b
}

// pieces is a stream whose splits we choose: one piece a Read, as TCP might.
type pieces [][]byte

func (p *pieces) Read(b []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*p)[0])
	if (*p)[0] = (*p)[0][n:]; len((*p)[0]) == 0 {
		*p = (*p)[1:]
	}
	return n, nil
}

var three = []string{"", "你好，宝贝", "hello baby~"}

// long are three frames that outgrow both the Reader's buffer and what
// ReadFrame takes on trust.
var long = []string{strings.Repeat("a", ReadAhead-PrefixSize), strings.Repeat("b", 3*step), strings.Repeat("c", ReadAhead+1)}

// places are the offsets of a stream where something could go wrong: near
// each border of a frame, and near each size at which a buffer is full.
func places(whole int, messages []string) (at []int) {
	var borders []int
	for off, i := 0, 0; i < len(messages); i++ {
		borders = append(borders, off, off+PrefixSize)
		off += PrefixSize + len(messages[i])
	}
	for n := ReadAhead; n < whole; n *= 2 {
		borders = append(borders, n, n+PrefixSize)
	}
	for _, b := range append(borders, whole) {
		for i := b - 5; i <= b+5; i++ {
			if 0 <= i && i <= whole {
				at = append(at, i)
			}
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

func TestFrameOnTheWire(t *testing.T) {
	var wire bytes.Buffer
	require.NoError(t, WriteFrame(&wire, []byte("hello baby~"), 64))
	require.Equal(t, "\x00\x00\x00\x0bhello baby~", wire.String(), "big-endian: the most significant byte goes first")
	wire.Reset()
	require.NoError(t, WriteFrame(&wire, make([]byte, 0x010203), 1<<20))
	require.Equal(t, []byte{0, 1, 2, 3}, wire.Bytes()[:PrefixSize])
	wire.Reset()
	require.NoError(t, WriteFrame(&wire, nil, 0))
	require.Equal(t, []byte{0, 0, 0, 0}, wire.Bytes(), "an empty message is a message")
}

// A stream of three frames, split into three Reads in every way there is.
func TestEverySplit(t *testing.T) {
	eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
		whole := stream(t, three...)
		for i := range len(whole) + 1 {
			for j := i; j <= len(whole); j++ {
				split := &pieces{whole[:i], whole[i:j], whole[j:]}
				*split = slices.DeleteFunc(*split, func(p []byte) bool { return len(p) == 0 })
				got, err := readAll(open(split, 64))
				require.Equal(t, io.EOF, err, "split at %d and %d", i, j)
				if diff := cmp.Diff(three, got); diff != "" {
					t.Fatalf("split at %d and %d (-want +got):\n%s", i, j, diff)
				}
			}
		}
	})
}

func TestSplitsOfLongFrames(t *testing.T) {
	eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
		whole := stream(t, long...)
		for _, i := range places(len(whole), long) {
			got, err := readAll(open(&pieces{whole[:i], whole[i:]}, math.MaxUint32))
			require.Equal(t, io.EOF, err, "split at %d", i)
			require.True(t, slices.Equal(long, got), "split at %d: messages differ", i)
		}
	})
}

// Readers as bad as the interface allows.
func TestDifficultReaders(t *testing.T) {
	readers := map[string]func(io.Reader) io.Reader{
		"all at once":   func(r io.Reader) io.Reader { return r },
		"byte by byte":  iotest.OneByteReader,
		"half":          iotest.HalfReader,
		"data with EOF": iotest.DataErrReader,
		"both":          func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
	}
	messages := append(slices.Clone(three), long...)
	eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
		for name, reader := range readers {
			got, err := readAll(open(reader(bytes.NewReader(stream(t, messages...))), math.MaxUint32))
			require.Equal(t, io.EOF, err, name)
			require.True(t, slices.Equal(messages, got), "%s: messages differ", name)
		}
	})
}

// Cut anywhere, the stream gives the frames before the cut, and io.EOF only
// where the cut is between two frames.
func TestEveryCut(t *testing.T) {
	for _, messages := range [][]string{three, long} {
		whole := stream(t, messages...)
		cuts := places(len(whole), messages)
		borders := map[int]int{0: 0} // offset → frames before it
		for off, i := 0, 0; i < len(messages); i++ {
			off += PrefixSize + len(messages[i])
			borders[off] = i + 1
		}
		eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
			for _, reader := range []func(io.Reader) io.Reader{iotest.HalfReader, iotest.DataErrReader} {
				before := 0
				for _, cut := range cuts {
					got, err := readAll(open(reader(bytes.NewReader(whole[:cut])), math.MaxUint32))
					if n, clean := borders[cut]; clean {
						before = n
						require.True(t, err == io.EOF, "cut at %d, between frames: %v", cut, err)
					} else {
						require.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut at %d", cut)
						require.NotErrorIs(t, err, io.EOF, "cut at %d", cut)
					}
					require.True(t, slices.Equal(messages[:before], got), "cut at %d: %d messages before it", cut, len(got))
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	const max = 1000
	for _, size := range []int{0, 1, max - 1, max, max + 1} {
		p := bytes.Repeat([]byte("x"), size)
		var wire bytes.Buffer
		err := WriteFrame(&wire, p, max)
		_, appendErr := AppendFrame([]byte("before"), p, max)
		require.Equal(t, err, appendErr)
		if size > max {
			require.ErrorIs(t, err, ErrTooLarge)
			require.Zero(t, wire.Len(), "refused, so nothing may be sent")
			require.EqualError(t, err, "message of 1001 bytes: the maximum is 1000")
			wire.Write(stream(t, string(p)))
		} else {
			require.NoError(t, err)
		}
		eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
			got, err := open(bytes.NewReader(wire.Bytes()), max)()
			if size > max {
				require.ErrorIs(t, err, ErrTooLarge)
				var large *TooLargeError
				require.ErrorAs(t, err, &large)
				require.Equal(t, TooLargeError{Length: max + 1, Max: max}, *large)
				return
			}
			require.NoError(t, err)
			require.True(t, bytes.Equal(p, got))
			require.NotNil(t, got, "an empty message is not nil")
		})
	}
}

// Four bytes announce 2³²−1 and the sender leaves: it may not cost much.
// Then a megabyte of it comes: that may cost what has arrived, a few times.
func TestMemoryGrowsOnlyWithWhatArrives(t *testing.T) {
	announced := []byte{0xff, 0xff, 0xff, 0xff}
	for _, c := range []struct {
		arrived int
		limit   uint64
	}{{0, 1 << 20}, {1 << 20, 5 << 20}} {
		eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
			if uint64(math.MaxUint32) > math.MaxInt-PrefixSize {
				t.Skip("here an int has 32 bits: such a frame is refused outright")
			}
			arrived := make([]byte, c.arrived)
			cost := uint64(math.MaxUint64)
			for range 5 { // the least of five: other goroutines allocate too
				var before, after runtime.MemStats
				r := io.MultiReader(bytes.NewReader(announced), bytes.NewReader(arrived))
				runtime.ReadMemStats(&before)
				_, err := open(r, math.MaxUint32)()
				runtime.ReadMemStats(&after)
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				cost = min(cost, after.TotalAlloc-before.TotalAlloc)
			}
			require.Less(t, cost, c.limit, "bytes allocated after %d had arrived", c.arrived)
		})
	}
}

// What is refused is not even looked at: of a reader that holds the four
// bytes, no more is asked for.
func TestTooLargeIsRefusedBeforeItIsRead(t *testing.T) {
	r := io.MultiReader(bytes.NewReader([]byte{0, 0, 4, 1}), iotest.ErrReader(errors.New("read too far")))
	_, err := ReadFrame(r, 1024)
	require.ErrorIs(t, err, ErrTooLarge)
}

// ReadFrame takes its frame and leaves what follows to others.
func TestReadFrameReadsNotAByteMore(t *testing.T) {
	r := strings.NewReader(string(stream(t, "hello")) + "and the rest")
	_, err := ReadFrame(r, 64)
	require.NoError(t, err)
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "and the rest", string(rest))
}

func TestOtherErrorsComeThrough(t *testing.T) {
	eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
		for cut := range len(stream(t, "hello")) {
			next := open(io.MultiReader(bytes.NewReader(stream(t, "hello")[:cut]), iotest.ErrReader(os.ErrDeadlineExceeded)), 64)
			_, err := next()
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "after %d bytes", cut)
			require.NotErrorIs(t, err, io.ErrUnexpectedEOF)
		}
	})
	// A reader's own io.ErrUnexpectedEOF is not a clean end either.
	eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
		_, err := open(iotest.ErrReader(io.ErrUnexpectedEOF), 64)()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
}

// The first error of a Reader is its last word.
func TestReaderIsFinishedAfterAnError(t *testing.T) {
	bad := append([]byte{0xff, 0xff, 0, 0}, stream(t, "hello")...)
	r := NewReader(bytes.NewReader(bad), 64)
	_, first := r.Next()
	require.ErrorIs(t, first, ErrTooLarge)
	for range 3 {
		p, err := r.Next()
		require.Nil(t, p)
		require.Equal(t, first, err)
	}
	r = NewReader(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(stream(t, "hello")))), 64)
	_, first = r.Next()
	require.ErrorIs(t, first, iotest.ErrTimeout)
	_, err := r.Next()
	require.Equal(t, first, err)
}

// moody fails before it goes on, as a connection does whose deadline has
// passed and which then gets another.
func moody(before string, err error, after string) io.Reader {
	return &failing{strings.NewReader(before), err, strings.NewReader(after)}
}

type failing struct {
	before io.Reader
	err    error
	after  io.Reader
}

func (f *failing) Read(p []byte) (int, error) {
	if n, _ := f.before.Read(p); n > 0 {
		return n, nil
	}
	if err := f.err; err != nil {
		f.err = nil
		return 0, err
	}
	return f.after.Read(p)
}

// A deadline that passes between two frames cuts nothing: it comes as it
// is, and with another one the reading goes on. Inside a frame, and for
// any other error, a Reader is finished.
func TestADeadlineBetweenTwoFrames(t *testing.T) {
	whole := string(stream(t, "one", "two"))
	border := len(whole) / 2
	eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
		for _, at := range []int{0, border} {
			next := open(moody(whole[:at], os.ErrDeadlineExceeded, whole[at:]), 64)
			before, err := readAll(next)
			require.Equal(t, os.ErrDeadlineExceeded, err, "as it is")
			after, err := readAll(next)
			require.Equal(t, io.EOF, err)
			require.Equal(t, []string{"one", "two"}, append(before, after...))
		}
	})
	for _, c := range []struct {
		at  int
		err error
	}{{2, os.ErrDeadlineExceeded}, {border + 4, os.ErrDeadlineExceeded}, {len(whole) - 1, os.ErrDeadlineExceeded}, {border, io.ErrClosedPipe}} {
		next := NewReader(moody(whole[:c.at], c.err, whole[c.at:]), 64).Next
		_, first := readAll(next)
		require.ErrorIs(t, first, c.err, "after %d bytes", c.at)
		_, again := next()
		require.Equal(t, first, again, "after %d bytes", c.at)
	}
}

// A message of a Reader can be appended to without harm to the next.
func TestReaderKeepsItsHandsApart(t *testing.T) {
	r := NewReader(bytes.NewReader(stream(t, "one", "two")), 64)
	p, err := r.Next()
	require.NoError(t, err)
	_ = append(p, "xxxxxxxxxxxxxxx"...)
	p, err = r.Next()
	require.NoError(t, err)
	require.Equal(t, "two", string(p))
}

// counter counts Writes, and takes at most room bytes.
type counter struct {
	bytes.Buffer
	writes, room int
}

func (c *counter) Write(p []byte) (int, error) {
	c.writes++
	if c.Len()+len(p) > c.room {
		n, _ := c.Buffer.Write(p[:c.room-c.Len()])
		return n, io.ErrShortWrite
	}
	return c.Buffer.Write(p)
}

func TestWriteFrameIsOneWrite(t *testing.T) {
	for _, size := range []int{0, 1, 1 << 20} {
		w := &counter{room: 2 << 20}
		require.NoError(t, WriteFrame(w, make([]byte, size), math.MaxUint32))
		require.Equal(t, 1, w.writes)
	}
	require.ErrorIs(t, WriteFrame(&counter{room: 6}, []byte("hello"), 64), io.ErrShortWrite)
}

// The hot path: nothing allocated for a message, either way.
func TestNoAllocations(t *testing.T) {
	var wire bytes.Buffer
	message := bytes.Repeat([]byte("x"), 1000)
	frame := make([]byte, 0, PrefixSize+len(message))
	r := NewReader(&wire, 1000)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		wire.Reset()
		frame, _ = AppendFrame(frame[:0], message, 1000)
		wire.Write(frame)
		if p, err := r.Next(); err != nil || len(p) != len(message) {
			panic(fmt.Sprint(len(p), err))
		}
	}))
}

// Absurd lengths are explained. The numbers are those that people search
// for; each is computed here from the bytes that really come.
func TestAbsurdLengthsAreExplained(t *testing.T) {
	for _, c := range []struct {
		sent   string
		length uint32
		want   string
	}{
		{"GET / HTTP/1.1\r\n", 1195725856, `"GET ": is a browser calling?`},
		{"POST /x HTTP/1.1", 1347375956, `"POST": is a browser calling?`},
		{"HEAD / HTTP/1.1\r", 1212498244, `"HEAD": is an HTTP client calling?`},
		{"PUT /f HTTP/1.1\r", 1347769376, `"PUT ": is an HTTP client calling?`},
		{"DELETE / HTTP/1.", 1145392197, `"DELE": is an HTTP client calling?`},
		{"OPTIONS * HTTP/1", 1330664521, `"OPTI": is an HTTP client calling?`},
		{"PATCH / HTTP/1.1", 1346458691, `"PATC": is an HTTP client calling?`},
		{"CONNECT x:443 HT", 1129270862, `"CONN": is it meant for an HTTP proxy?`},
		{"PRI * HTTP/2.0\r\n", 1347569952, `"PRI ": is an HTTP/2 client calling?`},
		{"HTTP/1.1 400 Bad", 1213486160, `"HTTP": is this the answer of a web server?`},
		{"SSH-2.0-OpenSSH_", 1397966893, `"SSH-": is this an SSH server or client?`},
		{"220 mail.example", 842149920, `"220 ": is this a mail or FTP server?`},
		{"\x16\x03\x01\x02\x00\x01\x00\x01", 369295618, `"\x16\x03\x01\x02": is this the hello of TLS (https)?`},
		{"\x16\x03\x03\x04\x00\x01\x00\x01", 369296132, `"\x16\x03\x03\x04": is this the hello of TLS (https)?`},
		{`{"file_name":1}`, 2065852009, `"{\"fi": is this JSON without a prefix?`},
		{"<!DOCTYPE HTML>\n", 1008813135, `"<!DO": is this HTML or XML, from a web server?`},
		{"hello baby~", 1751477356, `"hell": is this text without a prefix?`},
		{"你好，宝贝", 3837632741, `the beginning of '你': is this text without a prefix?`},
		{"\xff\xff\xff\xffhello", 4294967295, `-1 as a signed number: did the sender send an error code?`},
		{"\x0b\x00\x00\x00hello baby~", 184549376, `11 with its bytes reversed: is the sender little-endian?`},
	} {
		require.Equal(t, c.length, binary.BigEndian.Uint32([]byte(c.sent)), c.sent)
		eachForm(t, func(t *testing.T, open func(io.Reader, uint32) func() ([]byte, error)) {
			_, err := open(strings.NewReader(c.sent), 1<<20)()
			require.ErrorIs(t, err, ErrTooLarge)
			require.EqualError(t, err, fmt.Sprintf("length %d is %s (the maximum is 1048576)", c.length, c.want))
		})
	}
	for _, length := range []uint32{1<<20 + 1, 2 << 20, 5_000_000, 0x01020304, 0xfff00001, 0x80000001, 0x00ffff00} {
		_, err := ReadFrame(bytes.NewReader(binary.BigEndian.AppendUint32(nil, length)), 1<<20)
		require.EqualError(t, err, fmt.Sprintf("message of %d bytes: the maximum is 1048576", length))
	}
}
