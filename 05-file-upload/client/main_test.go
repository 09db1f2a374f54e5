package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
	"example.com/dialtone/05-file-upload/resumable"
)

// With UPLOAD_CLIENT in its environment this test binary is the program.
func TestMain(m *testing.M) {
	if os.Getenv("UPLOAD_CLIENT") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func run(t *testing.T, stdin string, args ...string) (out, errs string, code int) {
	t.Helper()
	return peer.Run(t, peer.Self(t, args...), stdin, "UPLOAD_CLIENT=1")
}

// serve is a server of both protocols, and its folder.
func serve(t *testing.T) (addr, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "up")
	folder, err := resumable.OpenFolder(dir)
	require.NoError(t, err)
	t.Cleanup(func() { folder.Close() })
	folder.Sync = nil
	addr, _ = peer.Serve(t, resumable.NewServer(folder).Serve)
	return addr, dir
}

func TestClient(t *testing.T) {
	addr, up := serve(t)
	films := t.TempDir()
	for i, name := range []string{"a.mp4", "b.mp4", "电影.mp4"} {
		require.NoError(t, os.WriteFile(filepath.Join(films, name), peer.Noise(uint64(i), 5000), 0o666))
	}
	a, b, film := filepath.Join(films, "a.mp4"), filepath.Join(films, "b.mp4"), filepath.Join(films, "电影.mp4")
	for _, row := range []struct {
		stdin     string
		args      []string
		out, errs string
		code      int
	}{
		// Files by name, silent but for a line each.
		{"", []string{a, film}, `^stored "a.mp4", 4.9 KiB in \S+, .*/s, sha256 [0-9a-f]{64}\nstored "电影.mp4", .*\n$`, "^$", 0},
		// One of them is there already: the others are sent, and the exit says so.
		{
			"", []string{"-digest", "crc32c", a, b}, `^stored "b.mp4", .*, crc32c [0-9a-f]{8}\n$`,
			`^"a.mp4": the server refuses it: "a file of this name is there already"; give it another name: -as NAME\n` +
				`client: 1 of 2 files were not stored\n$`, 1,
		},
		// Another name, and the old protocol.
		{"", []string{"-protocol", "1", "-as", "b.mp4", a}, `^sent "b.mp4", .*; protocol 1 does not say whether it was stored\n$`, "^$", 0},
		// The menu of the source.
		{
			"two\n9\n1\nq\n", []string{"-dir", films}, `(?s)^(  1     4.9 KiB  "a.mp4"\n.*which one.*){4}$`, "^$", 0,
		},
		{"1", []string{"-dir", films}, `(?s)there already".*which one \(q to leave\)\? \n$`, "^$", 0},
	} {
		out, errs, code := run(t, row.stdin, append([]string{"-addr", addr}, row.args...)...)
		require.Equal(t, row.code, code, "%q: %s", row.args, errs)
		require.Regexp(t, row.errs, errs, "%q", row.args)
		require.Regexp(t, row.out, out, "%q", row.args)
	}
	require.FileExists(t, filepath.Join(up, "b (2).mp4"))
}

// One line: the system's words, and what to do; and nothing is sent before
// all files have been looked at.
func TestClientBadInput(t *testing.T) {
	addr, up := serve(t)
	nobody := peer.Nobody(t)
	good := peer.File(t, "good", peer.Noise(1, 10))
	const usage = "^client: -protocol is 1 or 2, -digest sha256, crc32c or none, -timeout more than 0, and -as names one FILE\n$"
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{good, t.TempDir()}, 1, `^client: .* is a folder; name the files in it \(nothing was sent\)\n$`},
		{[]string{good, filepath.Join(t.TempDir(), "gone")}, 1, `^client: ".*gone": .*\(nothing was sent\)\n$`},
		{[]string{"-as", "../x", good}, 1, `^client: bad name .*path separator; give it another name: -as NAME \(nothing was sent\)\n$`},
		{[]string{"-addr", nobody, "-as", "CON", good}, 1, `^client: bad name .* \(nothing was sent\)\n$`},
		{[]string{"-as", "x"}, 2, usage},
		{[]string{"-protocol", "3", good}, 2, usage},
		{[]string{"-digest", "md5", good}, 2, usage},
		{[]string{"-timeout", "0", good}, 2, usage},
		{[]string{"-addr", nobody, good}, 1, `^client: dial tcp ` + nobody + `: .*; is the server running\? make server-5\n$`},
		{[]string{"-addr", "127.0.0.1", good}, 1, `^client: dial tcp: address 127.0.0.1: missing port in address; is the server`},
		{[]string{"-dir", t.TempDir()}, 1, `^client: no files in .*; choose another folder: -dir FOLDER\n$`},
		{[]string{"-bad"}, 2, "flag provided but not defined: -bad"},
		{[]string{"-h"}, 0, `^usage: client \[flags\] \[FILE…\]\n`},
	} {
		out, errs, code := run(t, "", append([]string{"-addr", addr}, row.args...)...)
		require.Equal(t, row.code, code, "%q: %s%s", row.args, out, errs)
		require.Empty(t, out, "%q", row.args)
		require.Regexp(t, row.says, errs, "%q", row.args)
	}
	require.NoFileExists(t, filepath.Join(up, "good"))
}

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
	const noAnswer = `^client: "a": the server does not answer; if it is an old one, try -protocol 1; ` +
		`if it is full or busy, try again later \(.*\)\n$`
	for _, row := range []struct {
		what string
		talk func(net.Conn)
		args []string
		says string
	}{
		{"an old server waits for the body", func(conn net.Conn) { io.Copy(io.Discard, conn) }, []string{"-timeout", "300ms"}, noAnswer},
		{"it closes after the header", func(conn net.Conn) { upload.ReadFrame(conn) }, nil, noAnswer},
		{"it closes in the middle", answers(1000), nil, `^client: "a": .*: cut off; send it again, and only the rest will go\n$`},
		{"nothing is ever resumed", answers(1000), []string{"-digest", "none"}, `^client: "a": .*: cut off; send it again\n$`},
		{"protocol 1", func(conn net.Conn) { io.CopyN(io.Discard, conn, 1000) }, []string{"-protocol", "1"}, `: cut off or refused, protocol 1 cannot tell which; look at the server's line\n$`},
		{
			"it closes instead of an answer", answers(size), nil,
			`^client: "a": nobody knows whether it was stored; look into the server's folder before you send it again \(unexpected EOF\)\n$`,
		},
		{
			"the digest differs", answers(size, `{"status":"refused","error":"`+resumable.ErrDigest.Error()+`"}`), nil,
			`^client: "a": the server refuses it: "the digest differs: .*"; the next try starts anew\n$`,
		},
	} {
		out, errs, code := run(t, "", append(row.args, "-addr", peer.Lonely(t, row.talk), path)...)
		require.Equal(t, 1, code, row.what)
		require.Empty(t, out, row.what)
		require.Regexp(t, row.says, errs, row.what)
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
