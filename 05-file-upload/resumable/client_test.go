package resumable

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// Small and large, with every digest.
func TestSend(t *testing.T) {
	s := serve(t)
	for _, size := range []int{0, 1, 300, 9 << 20} {
		data := peer.Noise(uint64(size), size)
		for _, digest := range Digests {
			c, last := NewClient(), int64(-1)
			c.Digest, c.Progress = digest, func(n int64) {
				require.GreaterOrEqual(t, n, last, "progress")
				last = n
			}
			r, err := send(t, c, s.Addr, peer.File(t, "a.bin", data))
			require.NoError(t, err)
			require.EqualValues(t, size, last)
			require.True(t, r.Stored)
			if digest == SHA256 {
				require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), r.Digest)
			}
			require.True(t, s.Visible(t)["a.bin"] == string(data), "%d bytes, %+v", size, r)
			require.NoError(t, os.Remove(filepath.Join(s.Dir, "a.bin")))
			require.Equal(t, r.Digest, s.Record(t).Digest)
		}
	}
}

// One connection, several files, some of them refused before a byte.
func TestSendOneAfterAnother(t *testing.T) {
	s := serve(t)
	conn := peer.Dial(t, s.Addr)
	c := NewClient()
	for i, name := range []string{"a", "b", "a", "c"} {
		src, err := upload.OpenSource(peer.File(t, "x", peer.Noise(uint64(i), 5000)))
		require.NoError(t, err)
		r, err := c.Send(conn, src, name)
		src.Close()
		if i == 2 {
			require.ErrorIs(t, err, ErrRefused)
			require.ErrorContains(t, err, "there already")
			continue
		}
		require.NoError(t, err)
		require.Contains(t, r.String(), "stored "+upload.Show(name)+", 4.9 KiB in ")
	}
	require.NoError(t, upload.Finish(conn, peer.Timeout))
	require.Len(t, s.Visible(t), 3)
}

// The client died half-way; it comes back, and only the rest is sent.
func TestSendResumes(t *testing.T) {
	s := serve(t)
	data := peer.Noise(1, 5<<20)
	path := peer.File(t, "a", data)
	half := brokenAfter(t, s.Addr, path, 3<<20)
	require.Positive(t, half)
	r, err := send(t, NewClient(), s.Addr, path)
	require.NoError(t, err)
	require.Equal(t, half, r.Offset)
	require.Contains(t, r.String(), "resumed at")
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), r.Digest, "over the whole file")
	require.True(t, string(data) == s.Visible(t)["a"])
	require.EqualValues(t, half, s.Record(t).Moved, "the first time")
	require.EqualValues(t, len(data)-int(half), s.Record(t).Moved, "the second")

	// All of it is there, only the trailer is missing: nothing is sent.
	path = peer.File(t, "b", data)
	brokenAfter(t, s.Addr, path, len(data))
	r, err = send(t, NewClient(), s.Addr, path)
	require.NoError(t, err)
	require.EqualValues(t, len(data), r.Offset)
}

// brokenAfter sends n bytes of the file at path and hangs up, and gives
// the number of bytes that the server has of it then.
func brokenAfter(t *testing.T, addr, path string, n int) int64 {
	t.Helper()
	src, err := upload.OpenSource(path)
	require.NoError(t, err)
	defer src.Close()
	p := peer.Dial(t, addr)
	require.NoError(t, upload.WriteFrame(p, Offer{upload.Header{Name: src.Name, Size: src.Size}, 2, src.Modified.UnixNano(), SHA256}))
	p.Receives(`{"status":"send","offset":0}`)
	_, err = io.CopyN(p, src.File, int64(n))
	require.NoError(t, err)
	p.CloseWrite()
	p.Refused()
	p.Close()
	return int64(n)
}

// A source that is another one by now starts over. If it took care to keep its
// time, the digest tells, what was there is thrown away, and the next try does.
func TestStaleHalfIsFoundByTheDigest(t *testing.T) {
	for _, kept := range []bool{false, true} {
		s := serve(t)
		path := peer.File(t, "a", peer.Noise(1, 5000))
		is, err := os.Stat(path)
		require.NoError(t, err)
		brokenAfter(t, s.Addr, path, 3000)
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

// A byte goes bad on the way.
func TestCorruptedByte(t *testing.T) {
	s := serve(t)
	for _, digest := range []string{SHA256, CRC32C} {
		src, err := upload.OpenSource(peer.File(t, "a", peer.Noise(1, 100000)))
		require.NoError(t, err)
		c := NewClient()
		c.Digest = digest
		_, err = c.Send(&flipper{Conn: peer.Dial(t, s.Addr), at: 50000}, src, "a")
		src.Close()
		require.ErrorContains(t, err, "digest differs")
		require.ErrorIs(t, s.Record(t).Err, ErrDigest)
	}
	require.Empty(t, s.Visible(t))
	require.Empty(t, s.Unfinished(t))
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

// A file that does not hold still is reported, and never stored.
func TestSourceChangesUnderWay(t *testing.T) {
	s := serve(t)
	path := peer.File(t, "a", peer.Noise(1, 5000))
	c := NewClient()
	c.Progress = func(int64) { require.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(1, 0))) }
	_, err := send(t, c, s.Addr, path)
	require.ErrorIs(t, err, upload.ErrChanged)
	require.Error(t, s.Record(t).Err)
	require.Empty(t, s.Visible(t))
}

// An old server reads the header and waits for bytes that never come; or
// it has hung up. The client says so within its peer.Timeout.
func TestServerThatNeverAnswers(t *testing.T) {
	path := peer.File(t, "a", peer.Noise(1, 5000))
	c := NewClient()
	c.Timeout = 50 * time.Millisecond
	for _, talk := range []func(net.Conn){
		func(conn net.Conn) { io.Copy(io.Discard, conn) },
		func(conn net.Conn) { upload.ReadFrame(conn) },
	} {
		_, err := send(t, c, peer.Lonely(t, talk), path)
		require.ErrorIs(t, err, ErrNoAnswer)
		require.ErrorContains(t, err, "-protocol 1")
	}
}

// Servers that do not keep to the protocol.
func TestServersThatLie(t *testing.T) {
	path := peer.File(t, "a", peer.Noise(1, 1<<20))
	for says, want := range map[string]string{
		"HTTP/1.1 400 Bad Request":                                         "is that an upload server, and -addr right?",
		"\xff\xff\xff\xff":                                                 "length",
		string(peer.Frame(`{"status":"stored"}`)):                          "stored",
		string(peer.Frame(`{"status":"send","offset":-1}`)):                "offset -1",
		string(peer.Frame(`{"status":"send","offset":9999999}`)):           "offset 9999999",
		string(peer.Frame(`{"status":"refused","error":"\u001b[31mred"}`)): `"\x1b[31mred"`,
		string(peer.Frame(`{"status":"send","offset":0}`)) + string(peer.Frame(`{"status":"send","offset":0}`)): "want stored",
	} {
		addr := peer.Lonely(t, func(conn net.Conn) {
			upload.ReadFrame(conn)
			conn.Write([]byte(says))
			io.Copy(io.Discard, conn)
		})
		c := NewClient()
		c.Timeout = time.Second
		_, err := send(t, c, addr, path)
		require.ErrorContains(t, err, want, "the server says %q", says)
	}
}

// The server refuses in the middle, and the client, who is still sending,
// stops and reads why.
func TestRefusedUnderWay(t *testing.T) {
	path := peer.File(t, "a", make([]byte, 64<<20))
	addr := peer.Lonely(t, func(conn net.Conn) {
		upload.ReadFrame(conn)
		writeAnswer(conn, answer{Status: "send"})
		io.CopyN(io.Discard, conn, 1000)
		writeAnswer(conn, answer{Status: "refused", Error: "no more room"})
		readOn(conn)
	})
	_, err := send(t, NewClient(), addr, path)
	require.ErrorIs(t, err, ErrRefused)
	require.ErrorContains(t, err, "no more room")
}

// It has all, and is gone before it says "stored".
func TestVerdictThatNeverComes(t *testing.T) {
	path := peer.File(t, "a", peer.Noise(1, 1000))
	addr := peer.Lonely(t, func(conn net.Conn) {
		upload.ReadFrame(conn)
		writeAnswer(conn, answer{Status: "send"})
		io.CopyN(io.Discard, conn, 1000)
		readTrailer(conn)
	})
	_, err := send(t, NewClient(), addr, path)
	require.ErrorIs(t, err, ErrUnconfirmed)
	require.ErrorContains(t, err, "unexpected EOF")
}
