package main

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
	"example.com/dialtone/05-file-upload/resumable"
)

// With UPLOAD_SERVER in its environment this test binary is the program.
func TestMain(m *testing.M) {
	if os.Getenv("UPLOAD_SERVER") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, args ...string) (server *peer.Child, addr string) {
	t.Helper()
	server = peer.Launch(t, peer.Self(t, append([]string{"-addr", "127.0.0.1:0"}, args...)...), "UPLOAD_SERVER=1")
	addr, ok := strings.CutPrefix(server.Line(t), "listening on ")
	require.True(t, ok)
	return server, addr
}

// Both storeys: a line for each file, and exit 0 when asked to stop.
func TestServer(t *testing.T) {
	path := peer.File(t, "电影.mp4", peer.Noise(1, 5000))
	for protocol, says := range map[string]string{
		"1": `^127.0.0.1:\d+: stored "电影.mp4", 5000 bytes in \S+$`,
		"2": `^127.0.0.1:\d+: stored "电影.mp4", 4.9 KiB in \S+, .*/s, sha256 [0-9a-f]{64}$`,
	} {
		dir := filepath.Join(t.TempDir(), "up")
		server, addr := start(t, "-dir", dir, "-protocol", protocol)
		src, err := upload.OpenSource(path)
		require.NoError(t, err)
		defer src.Close()
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		c := resumable.NewClient()
		if protocol == "1" {
			require.NoError(t, c.Client.Send(conn, src, src.Name))
		} else {
			_, err = c.Send(conn, src, src.Name)
			require.NoError(t, err)
		}
		require.NoError(t, upload.Finish(conn, peer.Timeout))
		require.Regexp(t, says, server.Line(t))
		require.Equal(t, map[string]string{"电影.mp4": string(peer.Noise(1, 5000))}, peer.Tree(t, dir, upload.Waiting))
		if runtime.GOOS == "windows" {
			continue // nobody can send it a Ctrl-C there
		}
		require.NoError(t, server.Process.Signal(os.Interrupt))
		require.NoError(t, server.Wait(), "asked to stop is exit 0")
	}
}

// Nobody reads its lines any more: the line is lost then, and not the server.
func TestServerWithoutAReader(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGPIPE, and no Interrupt to stop it with")
	}
	server, addr := start(t, "-dir", t.TempDir(), "-sync=false")
	server.CloseOutput()
	for range 2 {
		p := peer.Dial(t, addr)
		p.Send(peer.Header1("a", 1), []byte("a"))
		p.CloseWrite()
		require.Empty(t, p.Closed())
	}
	require.NoError(t, server.Process.Signal(os.Interrupt))
	require.NoError(t, server.Wait())
}

// One line: the system's words, and what to do.
func TestServerBadInput(t *testing.T) {
	up, plain := filepath.Join(t.TempDir(), "up"), peer.File(t, "plain", nil)
	_, addr := start(t, "-dir", up)
	const limits = "^server: no arguments but flags; -max-conns and -idle-timeout more than 0, .*\n$"
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-addr", addr, "-dir", t.TempDir()}, 1, "^server: listen tcp " + addr + ": .*; -addr 127.0.0.1:0 picks a free port\n$"},
		{[]string{"-addr", "127.0.0.1:0", "-dir", up}, 1, "^server: folder .*: another server is using it; choose another -dir\n$"},
		{[]string{"-addr", "127.0.0.1:0", "-dir", plain}, 1, "^server: folder .*; choose another -dir\n$"},
		{[]string{"-addr", "127.0.0.1:0", "-dir", "", "-protocol", "1"}, 1, "^server: folder \"\": .*; choose another -dir\n$"},
		{[]string{"-max-size", "0"}, 2, "at least 1"},
		{[]string{"-max-size", "many"}, 2, "a size is a number of bytes"},
		{[]string{"-max-conns", "0"}, 2, limits},
		{[]string{"-idle-timeout", "0"}, 2, limits},
		{[]string{"-shutdown-timeout", "-1s"}, 2, limits},
		{[]string{"-protocol", "3"}, 2, limits},
		{[]string{"x"}, 2, limits},
		{[]string{"-bad"}, 2, "flag provided but not defined: -bad"},
		{[]string{"-h"}, 0, "-max-size 8GiB"},
	} {
		out, errs, code := peer.Run(t, peer.Self(t, row.args...), "", "UPLOAD_SERVER=1")
		require.Equal(t, row.code, code, "%q: %s%s", row.args, out, errs)
		require.Empty(t, out, "%q", row.args)
		require.Regexp(t, row.says, errs, "%q", row.args)
	}
}
