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

	"github.com/stretchr/testify/require"
)

// A form is one of the two ways to read frames: every test goes for both.
type form func(r io.Reader, max uint32) (next func() ([]byte, error))

var forms = map[string]form{
	"ReadFrame": func(r io.Reader, max uint32) func() ([]byte, error) {
		return func() ([]byte, error) { return ReadFrame(r, max) }
	},
	"Reader": func(r io.Reader, max uint32) func() ([]byte, error) { return NewReader(r, max).Next },
}

func eachForm(t *testing.T, test func(t *testing.T, open form)) {
	for name, open := range forms {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// largest is the longest message that there is: an int must hold its frame.
const largest = uint32(min(uint64(math.MaxUint32), math.MaxInt-PrefixSize))

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
	for len(*p) > 0 && len((*p)[0]) == 0 {
		*p = (*p)[1:]
	}
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*p)[0])
	(*p)[0] = (*p)[0][n:]
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
	for i := 0; i < min(whole, 100); i++ {
		at = append(at, i)
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

// Three frames, in three Reads, split in every way there is; and three long
// ones in two, split wherever something could go wrong.
func TestEverySplit(t *testing.T) {
	eachForm(t, func(t *testing.T, open form) {
		for _, messages := range [][]string{three, long} {
			whole := stream(t, messages...)
			at := places(len(whole), messages)
			for n, i := range at {
				second := at[n:]
				if len(whole) > 100 {
					second = at[len(at)-1:]
				}
				for _, j := range second {
					split := &pieces{whole[:i], whole[i:j], whole[j:]}
					got, err := readAll(open(split, math.MaxUint32))
					require.Equal(t, io.EOF, err, "split at %d and %d", i, j)
					require.True(t, slices.Equal(messages, got), "split at %d and %d: %.100q", i, j, got)
				}
			}
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
	eachForm(t, func(t *testing.T, open form) {
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
		eachForm(t, func(t *testing.T, open form) {
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

// What is refused is not sent, nor read on: behind its prefix is an error.
func TestLimits(t *testing.T) {
	const max = 1000
	for _, size := range []int{0, 1, max - 1, max, max + 1} {
		p := bytes.Repeat([]byte("x"), size)
		var wire bytes.Buffer
		err := WriteFrame(&wire, p, max)
		dst, appendErr := AppendFrame([]byte("before"), p, max)
		require.Equal(t, err, appendErr)
		if size <= max {
			require.NoError(t, err)
			require.Equal(t, "before"+wire.String(), string(dst))
		} else {
			require.EqualError(t, err, "message of 1001 bytes: the maximum is 1000")
			require.Equal(t, "before", string(dst))
			require.Zero(t, wire.Len())
			wire.Write(stream(t, string(p))[:PrefixSize])
		}
		eachForm(t, func(t *testing.T, open form) {
			next := open(io.MultiReader(bytes.NewReader(wire.Bytes()), iotest.ErrReader(errors.New("read too far"))), max)
			got, err := next()
			if size <= max {
				require.NoError(t, err)
				require.NotNil(t, got, "an empty message is not nil")
				require.True(t, bytes.Equal(p, got))
				return
			}
			require.ErrorIs(t, err, ErrTooLarge)
			require.Equal(t, &TooLargeError{Length: max + 1, Max: max}, err)
		})
	}
	// More than an int holds is too large, whatever the maximum.
	for _, length := range []uint32{largest, math.MaxUint32} {
		want := io.ErrUnexpectedEOF
		if length > largest {
			want = ErrTooLarge
		}
		eachForm(t, func(t *testing.T, open form) {
			_, err := open(bytes.NewReader(binary.BigEndian.AppendUint32(nil, length)), math.MaxUint32)()
			require.ErrorIs(t, err, want, length)
		})
	}
}

// The most that four bytes can announce, and then the sender leaves, or
// sends a megabyte of it: it may cost what has arrived, a few times.
func TestMemoryGrowsOnlyWithWhatArrives(t *testing.T) {
	announced := binary.BigEndian.AppendUint32(nil, largest)
	for arrived, limit := range map[int]uint64{0: 1 << 20, 1 << 20: 5 << 20} {
		eachForm(t, func(t *testing.T, open form) {
			bytesOfIt := make([]byte, arrived)
			cost := uint64(math.MaxUint64)
			for range 5 { // the least of five: other goroutines allocate too
				var before, after runtime.MemStats
				r := io.MultiReader(bytes.NewReader(announced), bytes.NewReader(bytesOfIt))
				runtime.ReadMemStats(&before)
				_, err := open(r, math.MaxUint32)()
				runtime.ReadMemStats(&after)
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				cost = min(cost, after.TotalAlloc-before.TotalAlloc)
			}
			require.Less(t, cost, limit, "bytes allocated after %d had arrived", arrived)
		})
	}
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

// moody fails once before it goes on, as a connection does whose deadline
// has passed and which then gets another.
type moody struct {
	before, after io.Reader
	err           error
}

func (m *moody) Read(p []byte) (int, error) {
	if n, _ := m.before.Read(p); n > 0 {
		return n, nil
	}
	if err := m.err; err != nil {
		m.err = nil
		return 0, err
	}
	return m.after.Read(p)
}

// An error of r at every place. Between two frames it cuts nothing and
// comes as it is; ReadFrame can be called again, a Reader after a deadline
// only. After anything else a Reader repeats its first error.
func TestErrorsOfTheConnection(t *testing.T) {
	whole := string(stream(t, "one", "two"))
	eachForm(t, func(t *testing.T, open form) {
		for _, broken := range []error{os.ErrDeadlineExceeded, io.ErrClosedPipe, io.ErrUnexpectedEOF} {
			for at := range len(whole) {
				next := open(&moody{strings.NewReader(whole[:at]), strings.NewReader(whole[at:]), broken}, 64)
				before, err := readAll(next)
				require.ErrorIs(t, err, broken, at)
				require.NotErrorIs(t, err, io.EOF, at)
				require.Equal(t, []string{"one", "two"}[:at*2/len(whole)], append([]string{}, before...), at)
				between := at%(len(whole)/2) == 0
				require.Equal(t, between, err == broken, "%d: %v", at, err)
				isReader := strings.HasSuffix(t.Name(), "/Reader")
				switch {
				case between && (!isReader || broken == os.ErrDeadlineExceeded):
					after, err := readAll(next)
					require.Equal(t, io.EOF, err)
					require.Equal(t, []string{"one", "two"}, append(before, after...))
				case isReader:
					for range 2 {
						p, again := next()
						require.Nil(t, p)
						require.Equal(t, err, again)
					}
				}
			}
		}
	})
	r := NewReader(bytes.NewReader(append([]byte{0xff, 0xff, 0, 0}, stream(t, "hello")...)), 64)
	for range 3 {
		p, err := r.Next()
		require.Nil(t, p)
		require.ErrorIs(t, err, ErrTooLarge, "nobody knows where the next frame begins")
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
		eachForm(t, func(t *testing.T, open form) {
			_, err := open(strings.NewReader(c.sent), 1<<20)()
			require.ErrorIs(t, Explain(err), ErrTooLarge)
			require.EqualError(t, Explain(err), fmt.Sprintf("message of %d bytes: the maximum is 1048576; that length is %s", c.length, c.want))
		})
	}
	for _, length := range []uint32{1<<20 + 1, 2 << 20, 5_000_000, 0x01020304, 0xfff00001, 0x80000001, 0x00ffff00} {
		_, err := ReadFrame(bytes.NewReader(binary.BigEndian.AppendUint32(nil, length)), 1<<20)
		require.ErrorIs(t, err, ErrTooLarge)
		require.Equal(t, err, Explain(err))
	}
	require.Equal(t, io.EOF, Explain(io.EOF))
}
