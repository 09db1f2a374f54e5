package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every size around a step, in both protocols and with every digest.
func TestSend(t *testing.T) {
	s := serve(t)
	for _, size := range []int{0, 1, 2, 300, step - 1, step, step + 1, 2*step + 5} {
		data := noise(uint64(size), size)
		for _, c := range []Client{
			{Protocol: 1}, {Protocol: 2, Digest: SHA256}, {Protocol: 2, Digest: CRC32C}, {Protocol: 2, Digest: None},
		} {
			last := int64(-1)
			c.Patience, c.Progress = patience, func(n int64) {
				require.GreaterOrEqual(t, n, last, "progress")
				last = n
			}
			r, err := send(t, &c, s.addr, file(t, "a.bin", data))
			require.NoError(t, err)
			require.EqualValues(t, size, last)
			require.Equal(t, c.Protocol == 2, r.Stored)
			if c.Digest == SHA256 {
				require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), r.Digest)
			}
			require.True(t, s.visible(t)["a.bin"] == string(data), "%d bytes, %+v", size, r)
			require.NoError(t, os.Remove(filepath.Join(s.dir, "a.bin")))
			require.Equal(t, r.Digest, s.record(t).Digest)
		}
	}
}

// One connection, several files, some of them refused before a byte.
func TestSendOneAfterAnother(t *testing.T) {
	s := serve(t)
	conn := dial(t, s.addr)
	c := NewClient()
	for i, name := range []string{"a", "b", "a", "c"} {
		src, err := OpenSource(file(t, "x", noise(uint64(i), 5000)))
		require.NoError(t, err)
		r, err := c.Send(conn, src, name)
		src.Close()
		if i == 2 {
			require.ErrorIs(t, err, ErrRefused)
			require.ErrorContains(t, err, "there already")
			continue
		}
		require.NoError(t, err)
		require.Contains(t, r.String(), "stored "+Show(name)+", 4.9 KiB in ")
	}
	require.NoError(t, HangUp(conn, patience))
	require.Len(t, s.visible(t), 3)
}

// The client died half-way; it comes back, and only the rest is sent.
func TestSendResumes(t *testing.T) {
	s := serve(t)
	data := noise(1, 5<<20)
	path := file(t, "a", data)
	half := brokenAfter(t, s.addr, path, 3<<20)
	require.Positive(t, half)
	r, err := send(t, NewClient(), s.addr, path)
	require.NoError(t, err)
	require.Equal(t, half, r.Offset)
	require.Contains(t, r.String(), "resumed at")
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), r.Digest, "over the whole file")
	require.True(t, string(data) == s.visible(t)["a"])
	require.EqualValues(t, half, s.record(t).Moved, "the first time")
	require.EqualValues(t, len(data)-int(half), s.record(t).Moved, "the second")

	// All of it is there, only the trailer is missing: nothing is sent.
	path = file(t, "b", data)
	brokenAfter(t, s.addr, path, len(data))
	r, err = send(t, NewClient(), s.addr, path)
	require.NoError(t, err)
	require.EqualValues(t, len(data), r.Offset)
}

// brokenAfter sends n bytes of the file at path and hangs up, and gives
// the number of bytes that the server has of it then.
func brokenAfter(t *testing.T, addr, path string, n int) int64 {
	t.Helper()
	src, err := OpenSource(path)
	require.NoError(t, err)
	defer src.Close()
	p := dial(t, addr)
	require.NoError(t, WriteHeader(p, Header{
		Name: src.Name, Size: src.Size, Protocol: 2, Digest: SHA256, Modified: src.Modified.UnixNano(),
	}))
	p.hears(`{"status":"send","offset":0}`)
	_, err = io.CopyN(p, src.File, int64(n))
	require.NoError(t, err)
	p.CloseWrite()
	p.refused()
	p.Close()
	return int64(n)
}

// A source that is another one by now starts over.
func TestChangedSourceStartsOver(t *testing.T) {
	s := serve(t)
	path := file(t, "a", noise(1, 5000))
	brokenAfter(t, s.addr, path, 3000)
	data := noise(2, 5000)
	require.NoError(t, os.WriteFile(path, data, 0o666))
	require.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(1, 0)))
	r, err := send(t, NewClient(), s.addr, path)
	require.NoError(t, err)
	require.Zero(t, r.Offset)
	require.Equal(t, string(data), s.visible(t)["a"])
}

// It changed, and took care to keep its time: then the digest tells, what
// was there is thrown away, and the next try starts over.
func TestStaleHalfIsFoundByTheDigest(t *testing.T) {
	s := serve(t)
	path := file(t, "a", noise(1, 5000))
	is, err := os.Stat(path)
	require.NoError(t, err)
	brokenAfter(t, s.addr, path, 3000)
	data := noise(2, 5000)
	require.NoError(t, os.WriteFile(path, data, 0o666))
	require.NoError(t, os.Chtimes(path, time.Time{}, is.ModTime()))
	_, err = send(t, NewClient(), s.addr, path)
	require.ErrorContains(t, err, "digest differs")
	require.Empty(t, s.visible(t))
	r, err := send(t, NewClient(), s.addr, path)
	require.NoError(t, err)
	require.Zero(t, r.Offset)
}

// A byte goes bad on the way.
func TestCorruptedByte(t *testing.T) {
	s := serve(t)
	for _, digest := range []string{SHA256, CRC32C} {
		src, err := OpenSource(file(t, "a", noise(1, 100000)))
		require.NoError(t, err)
		c := NewClient()
		c.Digest = digest
		_, err = c.Send(&flipper{Conn: dial(t, s.addr), at: 50000}, src, "a")
		src.Close()
		require.ErrorContains(t, err, "digest differs")
		require.ErrorIs(t, s.record(t).Err, ErrDigest)
	}
	require.Empty(t, s.visible(t))
	require.Empty(t, s.unfinished(t))
}

// A flipper turns one bit of what is written.
type flipper struct {
	net.Conn
	at int
}

func (f *flipper) Write(p []byte) (int, error) {
	if f.at >= 0 && f.at < len(p) {
		p = bytes.Clone(p)
		p[f.at] ^= 1
	}
	f.at -= len(p)
	return f.Conn.Write(p)
}

// A file that does not hold still is reported, and never stored: not by a
// server that answers, and not by one that only counts.
func TestSourceChangesUnderWay(t *testing.T) {
	changes := map[string]func(f *os.File) error{
		"shrinks": func(f *os.File) error { return f.Truncate(step + 1) },
		"grows":   func(f *os.File) error { return f.Truncate(4 * step) },
		"is written over": func(f *os.File) error {
			if _, err := f.WriteAt([]byte("new"), 0); err != nil {
				return err
			}
			return os.Chtimes(f.Name(), time.Time{}, time.Unix(1, 0))
		},
	}
	s := serve(t)
	for what, change := range changes {
		for protocol := 1; protocol <= 2; protocol++ {
			path := file(t, "a", noise(1, 2*step+100))
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			c := NewClient()
			c.Protocol = protocol
			c.Progress = func(n int64) {
				if n == step {
					require.NoError(t, change(f))
				}
			}
			_, err = send(t, c, s.addr, path)
			f.Close()
			require.ErrorIs(t, err, ErrChanged, "it %s, protocol %d", what, protocol)
			require.Error(t, s.record(t).Err)
			require.Empty(t, s.visible(t))
		}
	}
}

func TestSourcesThatAreRefused(t *testing.T) {
	_, err := OpenSource(t.TempDir())
	require.ErrorContains(t, err, "is a folder")
	_, err = OpenSource(filepath.Join(t.TempDir(), "gone"))
	require.ErrorIs(t, err, os.ErrNotExist)
	path := file(t, "secret", nil)
	require.NoError(t, os.Chmod(path, 0))
	if f, err := os.Open(path); err == nil {
		f.Close()
		t.Log("whoever runs this may read everything: not tried with an unreadable file")
		return
	}
	_, err = OpenSource(path)
	require.ErrorIs(t, err, os.ErrPermission)
}

// lonely is a server that does what the test wants with its one client.
func lonely(t *testing.T, talk func(conn net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		talk(conn)
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String()
}

// An old server reads the header and waits for bytes that never come; or
// it has hung up. The client says so within its patience.
func TestServerThatNeverAnswers(t *testing.T) {
	path := file(t, "a", noise(1, 5000))
	c := NewClient()
	c.Patience = 50 * time.Millisecond
	for _, talk := range []func(net.Conn){
		func(conn net.Conn) { io.Copy(io.Discard, conn) },
		func(conn net.Conn) { ReadHeader(conn) },
	} {
		_, err := send(t, c, lonely(t, talk), path)
		require.ErrorIs(t, err, ErrNoAnswer)
		require.ErrorContains(t, err, "-protocol 1")
	}
}

// Servers that do not keep to the protocol.
func TestServersThatLie(t *testing.T) {
	path := file(t, "a", noise(1, 1<<20))
	for says, want := range map[string]string{
		"HTTP/1.1 400 Bad Request":                                    "is that an upload server, and -addr right?",
		"\xff\xff\xff\xff":                                            "length",
		string(frame(`{"status":"stored"}`)):                          "stored",
		string(frame(`{"status":"send","offset":-1}`)):                "offset -1",
		string(frame(`{"status":"send","offset":9999999}`)):           "offset 9999999",
		string(frame(`{"status":"refused","error":"\u001b[31mred"}`)): `"\x1b[31mred"`,
		string(frame(`{"status":"send","offset":0}`)) + string(frame(`{"status":"send","offset":0}`)): "want stored",
	} {
		addr := lonely(t, func(conn net.Conn) {
			ReadHeader(conn)
			conn.Write([]byte(says))
			io.Copy(io.Discard, conn)
		})
		c := NewClient()
		c.Patience = time.Second
		_, err := send(t, c, addr, path)
		require.ErrorContains(t, err, want, "the server says %q", says)
	}
}

// The server refuses in the middle, and the client, who is still sending,
// stops and reads why.
func TestRefusedUnderWay(t *testing.T) {
	path := file(t, "a", make([]byte, 64<<20))
	addr := lonely(t, func(conn net.Conn) {
		ReadHeader(conn)
		writeAnswer(conn, answer{Status: "send"})
		io.CopyN(io.Discard, conn, 1000)
		writeAnswer(conn, answer{Status: "refused", Error: "no more room"})
		hearOut(conn)
	})
	_, err := send(t, NewClient(), addr, path)
	require.ErrorIs(t, err, ErrRefused)
	require.ErrorContains(t, err, "no more room")
}

// A line so slow that each Write is interrupted by its deadline, some bytes
// further: not one is lost or sent twice, with sendfile and without.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	data := noise(1, 12<<20)
	path := file(t, "a", data)
	for _, bare := range []bool{true, false} {
		t.Run(fmt.Sprint("bare=", bare), func(t *testing.T) {
			t.Parallel()
			renewed := make(chan struct{}, 100)
			got := make([]byte, len(data))
			addr := lonely(t, func(conn net.Conn) {
				conn.(*net.TCPConn).SetReadBuffer(64 << 10)
				ReadHeader(conn)
				writeAnswer(conn, answer{Status: "send"})
				<-renewed // for the header
				<-renewed // for the first step
				at := 0
				for range 3 {
					<-renewed // the deadline has interrupted a step
					n, _ := io.ReadFull(conn, got[at:at+1<<20])
					at += n
				}
				io.ReadFull(conn, got[at:])
				readTrailer(conn)
				writeAnswer(conn, answer{Status: "stored"})
			})
			p := dial(t, addr)
			p.SetWriteBuffer(64 << 10) // or the kernel would take it all
			conn := net.Conn(p.TCPConn)
			if !bare {
				conn = struct{ net.Conn }{conn}
			}
			src, err := OpenSource(path)
			require.NoError(t, err)
			defer src.Close()
			c := NewClient()
			c.Patience = 300 * time.Millisecond
			_, err = c.Send(&telling{conn, renewed}, src, "a")
			require.NoError(t, err)
			require.True(t, bytes.Equal(data, got))
		})
	}
}

// telling says when a deadline for writing is renewed.
type telling struct {
	net.Conn
	renewed chan struct{}
}

func (c *telling) SetWriteDeadline(t time.Time) error {
	select {
	case c.renewed <- struct{}{}:
	default:
	}
	return c.Conn.SetWriteDeadline(t)
}

// ReadFrom keeps sendfile where it is.
func (c *telling) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// It has all, and is gone before it says "stored".
func TestVerdictThatNeverComes(t *testing.T) {
	path := file(t, "a", noise(1, 1000))
	addr := lonely(t, func(conn net.Conn) {
		ReadHeader(conn)
		writeAnswer(conn, answer{Status: "send"})
		io.CopyN(io.Discard, conn, 1000)
		readTrailer(conn)
	})
	_, err := send(t, NewClient(), addr, path)
	require.ErrorIs(t, err, ErrUnheard)
	require.ErrorContains(t, err, "unexpected EOF")
}

// In protocol 1 a refusal is a slammed phone, and that is reported.
func TestProtocol1Refused(t *testing.T) {
	s := serve(t, func(s *Server) { s.MaxSize = 10 })
	c := NewClient()
	c.Protocol = 1
	_, err := send(t, c, s.addr, file(t, "a", make([]byte, 32<<20)))
	require.Error(t, err)
	require.Empty(t, s.visible(t))
}

func TestMenu(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"b.mp4": 300, "a.mp4": 2048, "电影.mp4": 0, "\u202egpj.exe": 1} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o666))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o777))
	menu := "  1     2.0 KiB  \"a.mp4\"\n  2       300 B  \"b.mp4\"\n" +
		"  3         1 B  \"\\u202egpj.exe\"\n  4         0 B  \"电影.mp4\"\nwhich one (q to leave)? "
	for _, row := range []struct{ typed, says, sends string }{
		{"q\n", "", ""}, {"", "", ""}, {" 2 ", "", "b.mp4"}, {"4\n", "", "电影.mp4"},
		{"0\n", "not in range\n", ""}, {"5\n", "not in range\n", ""}, {"-1\n", "not in range\n", ""},
		{"99999999999999999999\n", "not in range\n", ""},
		{"two\n", "must be a number\n", ""}, {"²\n", "must be a number\n", ""}, {"\n", "must be a number\n", ""},
		{"1.5\n", "must be a number\n", ""}, {"1\n", "it failed\n", "a.mp4"},
	} {
		var out strings.Builder
		sent := ""
		err := Menu(t.Context(), strings.NewReader(row.typed), &out, dir, func(path string) error {
			sent = filepath.Base(path)
			if sent == "a.mp4" {
				return fmt.Errorf("it failed")
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, row.sends, sent, "typed %q", row.typed)
		want := menu + row.says + menu + "\n"
		switch row.typed {
		case "q\n":
			want = menu
		case "":
			want = menu + "\n"
		}
		require.Equal(t, want, out.String(), "typed %q", row.typed)
	}

	require.ErrorContains(t, Menu(t.Context(), strings.NewReader(""), io.Discard, t.TempDir(), nil), "no files")
	require.Error(t, Menu(t.Context(), strings.NewReader(""), io.Discard, filepath.Join(dir, "none"), nil))

	// Ctrl-C while it waits for an answer.
	ctx, cancel := context.WithCancel(t.Context())
	silent, typist := io.Pipe()
	defer typist.Close()
	time.AfterFunc(time.Millisecond, cancel)
	require.NoError(t, Menu(ctx, silent, io.Discard, dir, nil))
}
