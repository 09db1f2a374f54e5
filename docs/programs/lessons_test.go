package programs

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	reuseaddr "example.com/dialtone/03-reuseaddr"
)

// Lesson 2: a server that runs out of descriptors keeps the clients it has,
// leaves the others in the queue, and serves them as descriptors come free.
func TestOutOfDescriptors(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no ulimit here")
	}
	server := command(t, 2, "server", "-addr=127.0.0.1:0")
	server.Args = append([]string{"sh", "-c", `ulimit -n 16; exec "$0" "$@"`}, server.Args...)
	server.Path, server.Err = exec.LookPath("sh")
	addr := server.listening(t)
	go io.Copy(io.Discard, server.out)
	conns := make([]net.Conn, 40)
	for i := range conns {
		conns[i] = dial(t, addr)
	}
	answered := func(conn net.Conn) {
		io.WriteString(conn, "hello")
		answer := make([]byte, 5)
		_, err := io.ReadFull(conn, answer)
		require.NoError(t, err)
		require.Equal(t, "HELLO", string(answer))
	}
	answered(conns[0])
	last := conns[len(conns)-1]
	last.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	_, err := last.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "there can be no descriptor for it yet")
	for _, conn := range conns[:len(conns)-1] {
		conn.Close()
	}
	last.SetReadDeadline(time.Now().Add(long))
	answered(last)
	last.Close()
	server.stop(t)
}

// Lesson 3, a rolling restart as one types it: the new server takes over,
// and the old one is asked to stop. While both have the port, a third may
// not have it, and names them. (The lesson's own test has this under load.)
func TestRollingRestart(t *testing.T) {
	flags := []string{"-reuseport=on", "-takeover", "-addr=127.0.0.1:0"}
	probe, err := reuseaddr.Listen(t.Context(), "127.0.0.1:0", reuseaddr.Options{ReusePort: reuseaddr.On})
	if err == nil {
		defer probe.Close()
		err = reuseaddr.TakeOver(probe)
	}
	if err != nil {
		t.Skip(err)
	}
	old, addr := serve(t, 3, flags...)
	flags[2] = "-addr=" + addr
	servedBy := func(server *process) {
		out := command(t, 3, "client", "-conns=40", "-at-once=4", "-close-first", flags[2]).says(t, "")
		require.Equal(t, fmt.Sprintf("40 answered by server (pid %d)\n", server.Process.Pid), out)
	}
	servedBy(old)
	fresh := command(t, 3, "server", flags...)
	require.Equal(t, addr, fresh.listening(t))
	servedBy(fresh)
	_, errs, _ := command(t, 3, "server", flags[2]).run(t, "")
	for _, server := range []*process{old, fresh} {
		require.Contains(t, errs, fmt.Sprintf("server (pid %d)", server.Process.Pid))
	}
	old.stop(t)
	servedBy(fresh)
}

// film is a file of 5000 bytes, in a folder of its own.
func film(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "电影.mp4")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("frame ", 5000)[:5000]), 0o666))
	return path
}

// Lesson 5: files by name and from the menu, in both protocols.
func TestUploads(t *testing.T) {
	up, films := filepath.Join(t.TempDir(), "up"), t.TempDir()
	path := func(name string) string { return filepath.Join(films, name) }
	content := func(name string) []byte { return bytes.Repeat([]byte(name), 5000/len(name)) }
	for _, name := range []string{"a.mp4", "b.mp4", "电影.mp4"} {
		require.NoError(t, os.WriteFile(path(name), content(name), 0o666))
	}
	server, addr := serve(t, 5, "-dir="+up, "-sync=false")
	for _, row := range []struct {
		typed     string
		args      []string
		out, errs string
		code      int
	}{
		// Silent but for a line each.
		{
			"", []string{path("a.mp4"), path("电影.mp4")},
			`^stored "a.mp4", 4.9 KiB in \S+, .*/s, sha256 [0-9a-f]{64}\nstored "电影.mp4", .*\n$`, "^$", 0,
		},
		// One of them is there already: the others are sent, and the exit code says so.
		{
			"", []string{"-digest=crc32c", path("a.mp4"), path("b.mp4")}, `^stored "b.mp4", .*, crc32c [0-9a-f]{8}\n$`,
			`^"a.mp4": the server refuses it: "a file of this name is there already"; give it another name: -as NAME\n` +
				`client: 1 of 2 files were not stored\n$`, 1,
		},
		// Another name, and the old protocol.
		{"", []string{"-protocol=1", "-as=b.mp4", path("a.mp4")}, `^sent "b.mp4", .*; protocol 1 does not say whether it was stored\n$`, "^$", 0},
		// The menu of the source.
		{"two\n9\n1\nq\n", []string{"-dir=" + films}, `(?s)^(  1     4.9 KiB  "a.mp4"\n.*which one.*){4}$`, "^$", 0},
		{"1", []string{"-dir=" + films}, `(?s)there already".*which one \(q to leave\)\? \n$`, "^$", 0},
	} {
		out, errs, code := command(t, 5, "client", slices.Insert(row.args, 0, "-addr="+addr)...).run(t, row.typed)
		require.Equal(t, row.code, code, "%q: %s", row.args, errs)
		require.Regexp(t, row.errs, errs, "%q", row.args)
		require.Regexp(t, row.out, out, "%q", row.args)
	}
	server.stop(t)
	for name, from := range map[string]string{"a.mp4": "a.mp4", "b.mp4": "b.mp4", "电影.mp4": "电影.mp4", "b (2).mp4": "a.mp4"} {
		stored, err := os.ReadFile(filepath.Join(up, name))
		require.NoError(t, err)
		require.Equal(t, content(from), stored, name)
	}
}
