package sticky

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var client = Client{MaxSize: 1 << 20, Timeout: hang, Writers: 1}

// Lines of every kind, each answered by itself.
func TestExchange(t *testing.T) {
	addr, ended := serve(t)
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"hello baby~\n", "HELLO BABY~\n"},
		{"no newline at the end", "NO NEWLINE AT THE END\n"},
		{"\n\n\n", "\n\n\n"},
		{"你好，宝贝\n\n第二行 two\r\n", "你好，宝贝\n\n第二行 TWO\n"},
		{strings.Repeat("x", 1<<20) + "\nshort\n", strings.Repeat("X", 1<<20) + "\nSHORT\n"},
		{"\x00\x01\xffÿé\n", "\x00\x01\xffÿé\n"},
	} {
		var out bytes.Buffer
		require.NoError(t, client.Exchange(dial(t, addr), strings.NewReader(c.in), &out))
		require.True(t, c.want == out.String(), "want %.60q, got %.60q", c.want, out.String())
		require.NoError(t, <-ended)
	}
}

// Many writers, one connection: every line comes back whole. The lines
// differ in length up to more than the kernel takes in one go.
func TestManyWritersShareOneConnection(t *testing.T) {
	addr, _ := serve(t)
	var in strings.Builder
	var want []string
	for i := range 100 {
		line := fmt.Sprintf("%d:%s", i, strings.Repeat(string(rune('a'+i%26)), i*i*37%200_000))
		in.WriteString(line + "\n")
		want = append(want, strings.ToUpper(line))
	}
	many := client
	many.Writers = 16
	var out bytes.Buffer
	require.NoError(t, many.Exchange(dial(t, addr), strings.NewReader(in.String()), &out))
	got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	slices.Sort(want)
	slices.Sort(got)
	require.True(t, slices.Equal(want, got), "a line was torn or lost")
}

// What WriteFrame prevents, in slow motion: two writers whose prefix and
// payload are two Writes each, and the order that nobody forbids.
func TestPrefixAndPayloadInTwoWritesTear(t *testing.T) {
	var wire bytes.Buffer
	one, two := stream(t, "one"), stream(t, "two!")
	wire.Write(one[:PrefixSize])
	wire.Write(two[:PrefixSize])
	wire.Write(one[PrefixSize:])
	wire.Write(two[PrefixSize:])
	p, err := ReadFrame(&wire, 64)
	require.NoError(t, err, "nobody notices")
	require.Equal(t, "\x00\x00\x00", string(p))
	_, err = ReadFrame(&wire, 64)
	require.ErrorIs(t, err, ErrTooLarge, "now somebody does")
}

// sink counts lines and bytes, and now and then how much memory is in use.
// Garbage does not count: it measures three times, and the others soon
// stand still, because nobody listens meanwhile.
type sink struct {
	lines, bytes int
	peak         uint64
}

func (s *sink) Write(p []byte) (int, error) {
	if s.lines++; s.lines%64 == 0 {
		used := uint64(math.MaxUint64)
		for range 3 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			used = min(used, m.HeapAlloc)
		}
		s.peak = max(s.peak, used)
	}
	s.bytes += len(p)
	return len(p), nil
}

// Far more than the kernel's buffers hold, sent without a pause: it all
// comes back, nobody waits for ever, and no memory piles up.
func TestPipelinedInputNeitherDeadlocksNorPilesUp(t *testing.T) {
	addr, _ := serve(t)
	line := strings.Repeat("x", 64<<10-1) + "\n"
	lines := make([]io.Reader, 384) // of one text
	for i := range lines {
		lines[i] = strings.NewReader(line)
	}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var out sink
	require.NoError(t, client.Exchange(dial(t, addr), io.MultiReader(lines...), &out))
	require.Equal(t, 384, out.lines)
	require.Equal(t, 24<<20, out.bytes)
	require.Less(t, out.peak, before.HeapAlloc+12<<20, "bytes on the heap while 24 MiB went through")
}

// Servers that the client may meet. Each takes two messages and then says what
// its row says. However a server closes early, the client says one thing: that
// the news comes as an end or as a reset is chance.
func TestTheClientSurvives(t *testing.T) {
	for _, c := range []struct {
		name, says string
		linger     int // 0: it resets
		want       error
		print      string
	}{
		{"closes without an answer", "", -1, errEarly, ""},
		{"cuts an answer", "\x00\x00\x00\x05HE", -1, errEarly, ""},
		{"answers once only", string(stream(t, "ONE")), -1, errEarly, "ONE\n"},
		{"resets", "", 0, errEarly, ""},
		{"speaks HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", -1, ErrTooLarge, ""},
		{"answers twice too often", string(stream(t, "ME", "ME", "ME", "ME")), -1, errUnasked, "ME\nME\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer ln.Close()
			a := dial(t, ln.Addr().String())
			b, err := ln.Accept()
			require.NoError(t, err)
			var bad sync.WaitGroup
			defer bad.Wait()
			bad.Go(func() {
				defer b.Close()
				for range 2 {
					ReadFrame(b, 64)
				}
				io.WriteString(b, c.says)
				b.(*net.TCPConn).SetLinger(c.linger)
			})
			var out bytes.Buffer
			require.ErrorIs(t, client.Exchange(a, strings.NewReader("one\ntwo\n"), &out), c.want)
			require.Equal(t, c.print, out.String())
		})
	}
}

// The same for every way in which the news can come, at a Read or a Write
// or both, before the lines are all sent or after.
func TestAServerThatClosesEarlyIsOneError(t *testing.T) {
	require.ErrorIs(t, errEarly, io.ErrUnexpectedEOF)
	broken := errors.New("broken")
	end := func(due int, read, sent error) error {
		came := make(chan error, 1)
		came <- sent
		return (&exchange{Conn: &net.TCPConn{}, due: due}).end(read, came)
	}
	early := append(slices.Clone(closed), fmt.Errorf("frame cut: %w", &net.OpError{Op: "read", Err: closed[2]}))
	for _, read := range early {
		for _, sent := range append(early, nil) {
			require.Equal(t, errEarly, end(1, read, sent), "%v, %v", read, sent)
		}
		require.Equal(t, broken, end(1, read, broken))
		require.Equal(t, errEarly, (&exchange{}).end(read, nil), "not all is sent yet")
	}
	require.NoError(t, end(0, io.EOF, nil), "all was sent and answered")
	require.ErrorIs(t, end(0, os.ErrDeadlineExceeded, nil), os.ErrDeadlineExceeded)
}

// A line too long: the lines before it are answered, then comes the error.
func TestALineTooLong(t *testing.T) {
	addr, _ := serve(t)
	short := client
	short.MaxSize = 5
	for _, end := range []string{"\n", "\nmore\n", ""} {
		var out bytes.Buffer
		err := short.Exchange(dial(t, addr), strings.NewReader("one\nfives\nsixsix"+end), &out)
		require.ErrorIs(t, err, ErrTooLarge)
		require.EqualError(t, err, "line 3: message too large: the maximum is 5 bytes")
		require.Equal(t, "ONE\nFIVES\n", out.String())
	}
	// A line ending is not sent and does not count, "\r\n" neither.
	var out bytes.Buffer
	require.NoError(t, short.Exchange(dial(t, addr), strings.NewReader("fives\r\nfives\nfives\r\n"), &out))
	require.Equal(t, strings.Repeat("FIVES\n", 3), out.String())
	for _, long := range []string{"sixsix\n", "sixsix\r\n", "sixsix", "seven's\r\n"} {
		err := short.Exchange(dial(t, addr), strings.NewReader(long), io.Discard)
		require.EqualError(t, err, "line 1: message too large: the maximum is 5 bytes")
	}
}

// Nobody types, nothing is due: the client waits for ever, but it notices
// when the server closes. An answer that is due has a limit.
func TestOnlyAnAnswerThatIsDueHasALimit(t *testing.T) {
	for _, silent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a, b := net.Pipe()
			defer a.Close()
			began := time.Now()
			want, print, after := errEarly, "HELLO\n", 10*time.Minute
			if silent {
				want, print, after = os.ErrDeadlineExceeded, "", time.Minute
				go io.Copy(io.Discard, b)
			} else {
				s := Server{MaxSize: 64, MessageTimeout: 10 * time.Minute}
				go s.serveConn(t.Context(), b)
			}
			c := Client{MaxSize: 64, Timeout: time.Minute}
			keyboard, typist := io.Pipe()
			defer typist.Close()
			go typist.Write([]byte("hello\n"))
			var out bytes.Buffer
			require.ErrorIs(t, c.Exchange(a, keyboard, &out), want)
			require.Equal(t, print, out.String())
			require.Equal(t, after, time.Since(began))
		})
	}
}

func TestTheClientReportsItsOwnEnds(t *testing.T) {
	addr, _ := serve(t)
	broken := errors.New("broken")
	err := client.Exchange(dial(t, addr), io.MultiReader(strings.NewReader("one\n"), iotest.ErrReader(broken)), io.Discard)
	require.EqualError(t, err, "line 2: broken")
	r, out := io.Pipe()
	r.CloseWithError(broken)
	require.Equal(t, broken, client.Exchange(dial(t, addr), strings.NewReader("one\ntwo\n"), out))
}
