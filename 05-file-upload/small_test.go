package upload

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The server's line for a header that it does not take, and for none.
func TestRecordOfHeaders(t *testing.T) {
	s := serve(t)
	for sent, want := range map[string]string{
		string(frame(`{"version":3,"file_name":"a"}`)): " sent a header that is refused: bad header: version is",
		string(header1("", 3)):                         " sent a header that is refused: bad name",
		"GET / HTTP/1.1\r\n\r\n":                       " sent a header that is refused: bad header: a length of",
		"\x09\x00":                                     " sent no header: unexpected EOF",
	} {
		p := dial(t, s.addr)
		p.say([]byte(sent))
		p.CloseWrite()
		p.hungUp()
		require.Contains(t, s.record(t).String(), want, "%q", sent)
	}
}

// The server's line for a client that is lost: it has refused nothing.
func TestRecordOfTheLost(t *testing.T) {
	s := serve(t)
	for _, row := range []struct {
		sent []byte
		says string
	}{
		{header1("a", 10), ` lost "a" at 0 B: the client hung up`},
		{append(header1("a", 10), "half"...), ` lost "a" at 4 B: the client hung up`},
		{append(header2("a", 10, None), "half"...), ` lost "a" at 4 B: the client hung up`},
		{header2("a", 10, SHA256), ` lost "a" at 0 B: the client hung up`},
		{append(header2("a", 10, SHA256), "half"...), ` lost "a" at 4 B: the client hung up; its next try goes on from there`},
		{append(header2("b", 4, SHA256), "full"...), ` lost "b" at 4 B: the client hung up; its next try goes on from there`},
	} {
		p := dial(t, s.addr)
		p.say(row.sent)
		p.CloseWrite()
		p.hungUp()
		r := s.record(t)
		require.Equal(t, r.Client.String()+row.says, r.String(), "%q", row.sent)
	}
	broken := Record{Header: two("a", 10), Moved: 4, Err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}
	require.Contains(t, broken.String(), ` lost "a" at 4 B: the connection broke; its next try`)
	broken.Err = &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	require.Contains(t, broken.String(), ` refused "a" after 4 B: `)
}

// What is wrong with a name is known before anybody is called.
func TestNamesAreCheckedBeforeTheCall(t *testing.T) {
	t.Parallel()
	path := file(t, "good", nil)
	for _, as := range []string{"../x", "CON"} {
		_, errs, code := run(t, "", "client", "-addr", "127.0.0.1:1", "-as", as, path)
		require.Equal(t, 1, code)
		require.Regexp(t, `^client: bad name .* \(nothing was sent\)\n$`, errs)
	}
}

func TestKindsOfSources(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		fs.ModeNamedPipe | 0o600: "a pipe", fs.ModeSocket: "a socket", fs.ModeIrregular: "something else",
		fs.ModeDevice: "a device", fs.ModeDevice | fs.ModeCharDevice: "a device",
	} {
		require.Equal(t, want, kind(mode))
	}
}

// A lowest rate that no line reaches, times Idle: more than 63 bits.
func TestLowestRateIsHuge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, err := OpenFolder(fmt.Sprint(t.TempDir(), "/up"))
		require.NoError(t, err)
		defer folder.Close()
		s := NewServer(folder)
		s.LowestRate = math.MaxInt64
		var rec Record
		s.Report = func(r Record) { rec = r }
		ours, theirs := net.Pipe()
		defer ours.Close()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.session(context.Background(), context.Background(), theirs)
		}()
		go io.Copy(io.Discard, ours)
		ours.Write(header1("a", 100))
		for range 100 {
			time.Sleep(10 * time.Second)
			if _, err := ours.Write([]byte("x")); err != nil {
				break
			}
		}
		ours.Close()
		<-ended
		require.ErrorIs(t, rec.Err, ErrSlow)
	})
}
