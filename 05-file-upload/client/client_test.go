package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
	"example.com/dialtone/05-file-upload/resumable"
)

// What it advises when the server falls silent, or ends the connection at
// each stage.
func TestClientAdvises(t *testing.T) {
	const size = 64 << 20 // more than the kernels of both ends hold
	path := peer.File(t, "a", nil)
	require.NoError(t, os.Truncate(path, size))
	answers := func(n int64, more ...string) func(net.Conn) {
		return func(conn net.Conn) {
			upload.ReadFrame(conn)
			conn.Write(peer.Frame(`{"status":"send","offset":0}`))
			io.CopyN(io.Discard, conn, n)
			if n == size {
				upload.ReadFrame(conn)
			}
			for _, text := range more {
				conn.Write(peer.Frame(text))
				io.Copy(io.Discard, conn)
			}
		}
	}
	const noAnswer = `^"a": the server does not answer; if it is an old one, try -protocol 1; ` +
		`if it is full or busy, try again later \(.*\)$`
	for _, row := range []struct {
		what string
		talk func(net.Conn)
		set  func(*sender)
		says string
	}{
		{
			"an old server waits for the body", func(conn net.Conn) { io.Copy(io.Discard, conn) },
			func(s *sender) { s.Timeout = 300 * time.Millisecond }, noAnswer,
		},
		{"it closes after the header", func(conn net.Conn) { upload.ReadFrame(conn) }, nil, noAnswer},
		{"it closes in the middle", answers(1000), nil, `^"a": .*: cut off; send it again, and only what the server lacks will go$`},
		{"nothing is ever resumed", answers(1000), func(s *sender) { s.Digest = resumable.None }, `^"a": .*: cut off; send it again$`},
		{
			"protocol 1", func(conn net.Conn) { io.CopyN(io.Discard, conn, 1000) }, func(s *sender) { s.protocol = 1 },
			`: cut off or refused, protocol 1 cannot tell which; look at the server's line$`,
		},
		{
			"it closes instead of an answer", answers(size), nil,
			`^"a": nobody knows whether it was stored; look into the server's folder before you send it again \(unexpected EOF\)$`,
		},
		{
			"the digest differs", answers(size, `{"status":"refused","error":"`+resumable.ErrDigest.Error()+`"}`), nil,
			`^"a": the server refuses it: "the digest differs: .*"; the next try starts anew$`,
		},
	} {
		s := sender{Client: *resumable.NewClient(), addr: peer.Lonely(t, row.talk), protocol: 2}
		if row.set != nil {
			row.set(&s)
		}
		require.Regexp(t, row.says, s.send(path, ""), row.what)
	}
}

func TestMenu(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"b.mp4": 300, "a.mp4": 2048, "电影.mp4": 0, "\u202egpj.exe": 1} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o666))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o777))
	shown := "  1     2.0 KiB  \"a.mp4\"\n  2       300 B  \"b.mp4\"\n" +
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
		err := menu(strings.NewReader(row.typed), &out, dir, func(path string) error {
			sent = filepath.Base(path)
			if sent == "a.mp4" {
				return os.ErrInvalid
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, row.sends, sent, "typed %q", row.typed)
		want := shown + strings.Replace(row.says, "it failed", os.ErrInvalid.Error(), 1) + shown + "\n"
		switch row.typed {
		case "q\n":
			want = shown
		case "":
			want = shown + "\n"
		}
		require.Equal(t, want, out.String(), "typed %q", row.typed)
	}
	require.Error(t, menu(strings.NewReader(""), io.Discard, filepath.Join(dir, "none"), nil))
}

// The name has the columns that the terminal leaves for it, of which a
// Chinese character takes two.
func TestTitle(t *testing.T) {
	runewidth.DefaultCondition.EastAsianWidth = false // whatever LANG says
	for _, row := range []struct {
		name    string
		from    int64
		columns int
		title   string
	}{
		{"film.mp4", 0, 46, `"film.mp4"`},
		{"film.mp4", 1 << 20, 46, `"film.mp4" from 1.0 MiB on`},
		{"The.Big.Lebowski.1998.1080p.mkv", 0, 16, `"The.Big.Lebows…`},
		{strings.Repeat("电影", 27), 0, 16, `"电影电影电影电…`},
		{"film.mp4", 0, 1, "…"},
	} {
		require.Equal(t, row.title, (&bar{name: row.name, from: row.from}).title(row.columns))
	}
}
