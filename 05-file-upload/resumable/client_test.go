package resumable

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// Small and large, with every digest, one after another on one connection,
// also behind one that is refused before a byte.
func TestSend(t *testing.T) {
	s := serve(t)
	conn := peer.Dial(t, s.Addr)
	want := map[string]string{}
	for _, size := range []int{0, 1, 5000, 9 << 20} {
		data := peer.Noise(uint64(size), size)
		path := peer.File(t, "x", data)
		for _, digest := range Digests {
			name := fmt.Sprint(size, digest)
			want[name] = string(data)
			c, last := NewClient(), int64(-1)
			c.Digest, c.Progress = digest, func(n int64) {
				require.GreaterOrEqual(t, n, last, "progress")
				last = n
			}
			r, err := sendOn(t, c, conn.TCPConn, path, name)
			require.NoError(t, err)
			require.EqualValues(t, size, last)
			require.True(t, r.Stored)
			require.Contains(t, r.String(), fmt.Sprintf("stored %q, %v in ", name, Size(size)))
			if digest == SHA256 {
				require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), r.Digest)
			}
			require.Equal(t, r.Digest, s.Record(t).Digest)
			_, err = sendOn(t, c, conn.TCPConn, path, name)
			require.ErrorIs(t, err, ErrRefused)
			require.ErrorContains(t, err, "there already")
			require.ErrorIs(t, s.Record(t).Err, ErrExists)
		}
	}
	require.NoError(t, upload.Finish(conn, peer.Timeout))
	require.True(t, maps.Equal(want, s.Visible(t)))
}

// The client died half-way, or when only the trailer was missing; it comes
// back, and only the rest is sent.
func TestSendResumes(t *testing.T) {
	s := serve(t)
	data := peer.Noise(1, 5<<20)
	for name, half := range map[string]int{"a": 3 << 20, "b": len(data)} {
		path := peer.File(t, name, data)
		brokenAfter(t, s, path, half)
		r, err := send(t, NewClient(), s.Addr, path)
		require.NoError(t, err)
		require.EqualValues(t, half, r.Offset)
		require.Contains(t, r.String(), "resumed at")
		require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), r.Digest, "over the whole file")
		require.True(t, string(data) == s.Visible(t)[name])
		require.EqualValues(t, half, s.Record(t).Moved, "the first time")
		require.EqualValues(t, len(data)-half, s.Record(t).Moved, "the second")
	}
}

// brokenAfter sends n bytes of the file at path and hangs up.
func brokenAfter(t *testing.T, s *fixture, path string, n int) {
	t.Helper()
	src, err := upload.OpenSource(path)
	require.NoError(t, err)
	defer src.Close()
	p := peer.Dial(t, s.Addr)
	require.NoError(t, upload.WriteFrame(p, Offer{upload.Header{Name: src.Name, Size: src.Size}, 2, src.Modified.UnixNano(), SHA256}))
	p.Receives(`{"status":"send","offset":0}`)
	_, err = io.CopyN(p, src.File, int64(n))
	require.NoError(t, err)
	p.CloseWrite()
	p.Refused()
	p.Close()
}

// A source that is another one by now starts over. If it took care to keep its
// time, the digest tells, what was there is thrown away, and the next try does.
func TestStaleHalfIsFoundByTheDigest(t *testing.T) {
	for _, kept := range []bool{false, true} {
		s := serve(t)
		path := peer.File(t, "a", peer.Noise(1, 5000))
		is, err := os.Stat(path)
		require.NoError(t, err)
		brokenAfter(t, s, path, 3000)
		data, when := peer.Noise(2, 5000), time.Unix(1, 0)
		if kept {
			when = is.ModTime()
		}
		require.NoError(t, os.WriteFile(path, data, 0o666))
		require.NoError(t, os.Chtimes(path, time.Time{}, when))
		if kept {
			_, err = send(t, NewClient(), s.Addr, path)
			require.ErrorContains(t, err, "digest differs")
			require.Empty(t, s.Visible(t))
		}
		r, err := send(t, NewClient(), s.Addr, path)
		require.NoError(t, err)
		require.Zero(t, r.Offset)
		require.Equal(t, string(data), s.Visible(t)["a"])
	}
}

// A bit goes bad on the way.
func TestCorruptedByte(t *testing.T) {
	s := serve(t)
	for _, digest := range []string{SHA256, CRC32C} {
		c := NewClient()
		c.Digest = digest
		conn := &trap{peer.Dial(t, s.Addr), 50000, func(p []byte) { p[0] ^= 1 }}
		_, err := sendOn(t, c, conn, peer.File(t, "a", peer.Noise(1, 100000)), "a")
		require.ErrorContains(t, err, "digest differs")
		require.ErrorIs(t, s.Record(t).Err, ErrDigest)
	}
	require.Empty(t, s.Visible(t))
	require.Empty(t, s.Unfinished(t))
}

// A trap springs between two bytes of what is written; it is given those
// behind it.
type trap struct {
	net.Conn
	at     int
	spring func(p []byte)
}

func (c *trap) Write(p []byte) (int, error) {
	if c.at >= 0 && c.at < len(p) {
		p = bytes.Clone(p)
		c.Conn.Write(p[:c.at])
		c.spring(p[c.at:])
		n, err := c.Conn.Write(p[c.at:])
		n, c.at = n+c.at, -1
		return n, err
	}
	c.at -= len(p)
	return c.Conn.Write(p)
}

// A file that does not hold still is reported, and never stored.
func TestSourceChangesUnderWay(t *testing.T) {
	s := serve(t)
	path := peer.File(t, "a", peer.Noise(1, 5000))
	c := NewClient()
	c.Progress = func(n int64) {
		if n == 5000 { // the last byte is sent, and the trailer is not
			require.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(1, 0)))
		}
	}
	_, err := send(t, c, s.Addr, path)
	require.ErrorIs(t, err, upload.ErrChanged)
	require.Error(t, s.Record(t).Err)
	require.Empty(t, s.Visible(t))
}

// Servers that do not keep to the protocol: an old one, which reads the header
// and waits for bytes that never come, or has hung up; one of another service;
// one that refuses under way, and the client, who is still sending, stops and
// reads why; one that has all, and is gone before it says "stored".
func TestServersThatLie(t *testing.T) {
	path := peer.File(t, "a", nil)
	require.NoError(t, os.Truncate(path, 64<<20))
	goAhead := string(peer.Frame(`{"status":"send","offset":0}`))
	for _, row := range []struct {
		says  string
		reads int64 // then so many bytes
		then  string
		stays bool // and reads on
		want  error
		words string
	}{
		{"", 0, "", true, ErrNoAnswer, "-protocol 1"},
		{"", 0, "", false, ErrNoAnswer, "-protocol 1"},
		{"HTTP/1.1 400 Bad Request", 0, "", true, upload.ErrHeader, "is that an upload server, and -addr right?"},
		{"\xff\xff\xff\xff", 0, "", true, upload.ErrHeader, "length"},
		{string(peer.Frame(`{"status":"stored"}`)), 0, "", true, upload.ErrHeader, "stored"},
		{string(peer.Frame(`{"status":"send","offset":-1}`)), 0, "", true, upload.ErrHeader, "offset -1"},
		{string(peer.Frame(`{"status":"send","offset":99999999}`)), 0, "", true, upload.ErrHeader, "offset 99999999"},
		{string(peer.Frame(`{"status":"refused","error":"\u001b[31mred"}`)), 0, "", true, ErrRefused, `"\x1b[31mred"`},
		{goAhead + goAhead, 0, "", true, upload.ErrHeader, "want stored"},
		{goAhead, 1000, string(peer.Frame(`{"status":"refused","error":"no more room"}`)), true, ErrRefused, "no more room"},
		{goAhead, 64<<20 + int64(len(`0000{"digest":""}`)), "", false, ErrUnconfirmed, "unexpected EOF"},
	} {
		over := make(chan struct{})
		addr := peer.Lonely(t, func(conn net.Conn) {
			upload.ReadFrame(conn)
			io.WriteString(conn, row.says)
			io.CopyN(io.Discard, conn, row.reads)
			if row.then != "" {
				io.WriteString(conn, row.then)
				<-over // and takes no more
			}
			if row.stays {
				io.Copy(io.Discard, conn)
			}
		})
		c := NewClient()
		c.Digest, c.Timeout = None, time.Hour
		if row.want == ErrNoAnswer {
			c.Timeout = 50 * time.Millisecond
		}
		_, err := send(t, c, addr, path)
		close(over)
		require.ErrorIs(t, err, row.want, "%+v", row)
		require.ErrorContains(t, err, row.words, "%+v", row)
	}
}
