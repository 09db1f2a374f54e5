package sticky

import (
	"bytes"
	"cmp"
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

// reference says what a whole stream means, as plainly as one can.
func reference(b []byte, max uint32) (messages []string, end error) {
	for len(b) > 0 {
		if len(b) < PrefixSize {
			return messages, io.ErrUnexpectedEOF
		}
		n := binary.BigEndian.Uint32(b)
		if n > max || n > largest {
			return messages, ErrTooLarge
		}
		if b = b[PrefixSize:]; uint64(len(b)) < uint64(n) {
			return messages, io.ErrUnexpectedEOF
		}
		messages = append(messages, string(b[:n]))
		b = b[n:]
	}
	return messages, io.EOF
}

// agree wants from both forms what the reference finds in b, and the same kind
// of end, whatever reader brings the bytes. Only an end between two frames is
// io.EOF.
func agree(t *testing.T, b []byte, max uint32, reader func(b []byte) io.Reader, what ...any) {
	t.Helper()
	want, end := reference(b, max)
	for name, open := range forms {
		got, err := readAll(open(reader(b), max))
		require.ErrorIs(t, err, end, "%s %v", name, what)
		require.Equal(t, end == io.EOF, errors.Is(err, io.EOF), "%s %v: %v", name, what, err)
		require.True(t, slices.Equal(want, got), "%s %v: want %.100q, got %.100q", name, what, want, got)
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
func pieces(of ...[]byte) io.Reader {
	var readers []io.Reader
	for _, piece := range of {
		readers = append(readers, bytes.NewReader(piece))
	}
	return io.MultiReader(readers...)
}

var three = []string{"", "你好，宝贝", "hello baby~"}

// long are three frames that outgrow both the Reader's buffer and what
// ReadFrame takes on trust. Each ends just behind a multiple of ReadAhead.
var long = []string{strings.Repeat("a", ReadAhead-PrefixSize), strings.Repeat("b", 2*step), strings.Repeat("c", ReadAhead+1)}

// places are the offsets of a stream where something could go wrong: in a
// short one all, in long the borders of frames and of buffers.
func places(whole []byte) (at []int) {
	for i := range len(whole) + 1 {
		if i < 100 || (i+5)%ReadAhead < 20 {
			at = append(at, i)
		}
	}
	return at
}

func TestFrameOnTheWire(t *testing.T) {
	for _, c := range []struct{ message, want string }{
		{"hello baby~", "\x00\x00\x00\x0bhello baby~"}, // big-endian: the most significant byte goes first
		{strings.Repeat("x", 0x010203), "\x00\x01\x02\x03" + strings.Repeat("x", 0x010203)},
		{"", "\x00\x00\x00\x00"}, // an empty message is a message
	} {
		var wire writes
		require.NoError(t, WriteFrame(&wire, []byte(c.message), 1<<20))
		require.True(t, slices.Equal(writes{c.want}, wire), "want one Write of %.20q, got %.20q", c.want, wire)
	}
	r, w := io.Pipe()
	r.Close()
	require.ErrorIs(t, WriteFrame(w, nil, 0), io.ErrClosedPipe)
}

// writes keeps what each Write brings.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

// Three frames, in three Reads, split in every way there is; and three long
// ones in two, split wherever something could go wrong.
func TestEverySplit(t *testing.T) {
	split := func(whole []byte, i, j int) {
		agree(t, whole, math.MaxUint32, func(b []byte) io.Reader { return pieces(b[:i], b[i:j], b[j:]) }, "split at", i, j)
	}
	short := stream(t, three...)
	for i := range len(short) + 1 {
		for j := i; j <= len(short); j++ {
			split(short, i, j)
		}
	}
	whole := stream(t, long...)
	for _, i := range places(whole) {
		split(whole, i, i)
	}
}

// Readers as bad as the interface allows.
func TestDifficultReaders(t *testing.T) {
	for name, reader := range map[string]func(io.Reader) io.Reader{
		"all at once":   func(r io.Reader) io.Reader { return r },
		"byte by byte":  iotest.OneByteReader,
		"half":          iotest.HalfReader,
		"data with EOF": iotest.DataErrReader,
		"both":          func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
	} {
		agree(t, stream(t, append(three, long...)...), math.MaxUint32, func(b []byte) io.Reader { return reader(bytes.NewReader(b)) }, name)
	}
}

// Cut anywhere, the stream gives the frames before the cut, and io.EOF only
// where the cut is between two frames.
func TestEveryCut(t *testing.T) {
	for _, messages := range [][]string{three, long} {
		whole := stream(t, messages...)
		for _, cut := range places(whole) {
			agree(t, whole[:cut], math.MaxUint32, func(b []byte) io.Reader { return iotest.HalfReader(bytes.NewReader(b)) }, "cut at", cut)
			agree(t, whole[:cut], math.MaxUint32, func(b []byte) io.Reader { return iotest.DataErrReader(bytes.NewReader(b)) }, "cut at", cut)
		}
	}
}

// Any bytes at all, with any number of zeros behind them, in pieces of any
// size. The messages, written again, are the bytes that they came in.
func FuzzRead(f *testing.F) {
	for _, seed := range []struct {
		b          string
		zeros, max uint32
		piece      uint16
	}{
		{"", 0, 0, 0},
		{"\x00\x00\x00\x0bhello baby~\x00\x00\x00\x00", 0, 11, 1},
		{"\x00\x00\x00\x0bhello baby", 0, 11, 3},
		{"\x00\x00\x00\x0bhello baby~\x00\x00", 0, 10, 2},
		{"\xff\xff\xff\xffx", 1000, 0xffffffff, 0},
		{"GET / HTTP/1.1\r\n", 0, 1 << 20, 7},
		{"\x00\x00\x10\x01", 2 * ReadAhead, 1 << 20, 1000},
		{"\x00\x02\x00\x01", 2*step + 9, 1 << 20, 0},
	} {
		f.Add([]byte(seed.b), seed.zeros, seed.max, seed.piece)
	}
	f.Fuzz(func(t *testing.T, b []byte, zeros, max uint32, piece uint16) {
		b = append(b, make([]byte, zeros%(3*step))...)
		agree(t, b, max, func(b []byte) io.Reader {
			return iotest.DataErrReader(pieces(slices.Collect(slices.Chunk(b, int(piece)+1))...))
		})
		messages, _ := reference(b, max)
		require.True(t, bytes.HasPrefix(b, stream(t, messages...)))
	})
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
		require.Equal(t, "before"+wire.String(), string(dst))
		if size <= max {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, "message of 1001 bytes: the maximum is 1000")
			require.Zero(t, wire.Len())
			wire.Write(stream(t, string(p))[:PrefixSize])
		}
		eachForm(t, func(t *testing.T, open form) {
			got, err := open(io.MultiReader(bytes.NewReader(wire.Bytes()), iotest.ErrReader(errors.New("read too far"))), max)()
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
		agree(t, binary.BigEndian.AppendUint32(nil, length), math.MaxUint32, func(b []byte) io.Reader { return bytes.NewReader(b) }, length)
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
	require.Equal(t, len("and the rest"), r.Len())
}

// once fails once, as a connection does whose deadline has passed and which
// then gets another.
type once struct{ err error }

func (o *once) Read([]byte) (int, error) {
	err := cmp.Or(o.err, io.EOF)
	o.err = nil
	return 0, err
}

// An error of r at every place. Between two frames it cuts nothing and
// comes as it is; ReadFrame can be called again, a Reader after a deadline
// only. After anything else a Reader repeats its first error.
func TestErrorsOfTheConnection(t *testing.T) {
	whole := string(stream(t, "one", "two"))
	eachForm(t, func(t *testing.T, open form) {
		isReader := strings.HasSuffix(t.Name(), "/Reader")
		for _, broken := range []error{os.ErrDeadlineExceeded, io.ErrClosedPipe, io.ErrUnexpectedEOF} {
			for at := range len(whole) {
				next := open(io.MultiReader(strings.NewReader(whole[:at]), &once{broken}, strings.NewReader(whole[at:])), 64)
				before, err := readAll(next)
				require.ErrorIs(t, err, broken, at)
				require.NotErrorIs(t, err, io.EOF, at)
				require.Len(t, before, at*2/len(whole), at)
				between := at%(len(whole)/2) == 0
				require.Equal(t, between, err == broken, "%d: %v", at, err)
				after, again := readAll(next)
				switch {
				case between && (!isReader || broken == os.ErrDeadlineExceeded):
					require.Equal(t, io.EOF, again)
					require.Equal(t, []string{"one", "two"}, append(before, after...))
				case isReader:
					require.Empty(t, after)
					require.Equal(t, err, again)
				}
			}
		}
	})
	r := NewReader(bytes.NewReader(append([]byte{0xff, 0xff, 0, 0}, stream(t, "hello")...)), 64)
	for range 3 {
		_, err := r.Next()
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
		_, err := ReadFrame(strings.NewReader(c.sent), 1<<20)
		require.ErrorIs(t, Explain(err), ErrTooLarge)
		require.EqualError(t, Explain(err), fmt.Sprintf("message of %d bytes: the maximum is 1048576; that length is %s", c.length, c.want))
	}
	for _, length := range []uint32{1<<20 + 1, 2 << 20, 5_000_000, 0x01020304, 0xfff00001, 0x80000001, 0x00ffff00} {
		_, err := ReadFrame(bytes.NewReader(binary.BigEndian.AppendUint32(nil, length)), 1<<20)
		require.ErrorIs(t, err, ErrTooLarge)
		require.Equal(t, err, Explain(err))
	}
	require.Equal(t, io.EOF, Explain(io.EOF))
}
