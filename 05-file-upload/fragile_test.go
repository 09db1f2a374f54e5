package upload

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/05-file-upload/internal/peer"
)

// The receiver as it is usually written, in Python, and one client that it
// dies of. All of them have sent what they wanted without an error.
func TestTheUsualReceiverDies(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the limits of CPU time and memory that end it were tried on Linux only")
	}
	header, noise := peer.Header1, string(peer.Noise(1, 300))
	for name, tt := range map[string]struct {
		sent  string
		died  string            // how
		files map[string]string // what it leaves, when "kept" was there before
	}{
		"of a client that leaves": {string(header("a", 3)) + "abc", "struct.error", map[string]string{"in/a": "abc"}},
		"of half a length":        {"\x09\x00", "struct.error", nil},
		"of half a header":        {string(header("a", 3)[:20]), "JSONDecodeError", nil},
		"of length -1":            {"\xff\xff\xff\xff", "ValueError", nil},
		"of length 0":             {"\x00\x00\x00\x00", "JSONDecodeError", nil},
		"of length 0x7fffffff":    {"\xff\xff\xff\x7f", "MemoryError", nil},
		"of bytes not UTF-8":      {string(peer.Frame("\xff")), "UnicodeDecodeError", nil},
		"of no JSON":              {string(peer.Frame("junk")), "JSONDecodeError", nil},
		"of a list":               {string(peer.Frame("[]")), "TypeError", nil},
		"of a missing field":      {string(peer.Frame("{}")), "KeyError", nil},
		"of a size in quotes":     {string(peer.Frame(`{"file_name":"a","file_size":"3"}`)) + "abc", "TypeError", map[string]string{"in/a": ""}},
		"of a folder's name":      {string(header(".", 3)) + "abc", "IsADirectoryError", nil},
		"of a folder not there":   {string(header("no/a", 3)) + "abc", "FileNotFoundError", nil},
		"of NUL in a name":        {string(peer.Frame(`{"file_name":"\u0000","file_size":3}`)) + "abc", "ValueError", nil},
		"outside its folder":      {string(header("../a", 3)) + "abc", "struct.error", map[string]string{"a": "abc"}},
		"two files back to back":  {string(header("a", 300)) + noise + string(header("b", 5000)) + strings.Repeat(noise, 20), "Error", nil},
		"spinning, a file empty":  {string(header("kept", 3)), "CPU time limit exceeded", map[string]string{"in/kept": ""}},
		"spinning, for ever":      {string(peer.Frame(`{"file_name":"a","file_size":Infinity}`)) + "abc", "CPU time limit exceeded", map[string]string{"in/a": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			dir := filepath.Join(top, "in")
			require.NoError(t, os.Mkdir(dir, 0o777))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "kept"), []byte("before"), 0o666))
			cmd := peer.Python(t, script, "fragile")
			cmd.Dir = dir
			server := peer.Launch(t, cmd)
			p := peer.Dial(t, net.JoinHostPort("127.0.0.1", server.Line(t)))
			p.Send([]byte(tt.sent))
			p.CloseWrite()
			err := server.Wait()
			require.Error(t, err)
			require.Contains(t, err.Error(), tt.died)
			files := peer.Tree(t, top)
			if name == "two files back to back" {
				require.Greater(t, len(files["in/a"]), 300, "the last recv took what follows")
				require.NotContains(t, files, "in/b")
				return
			}
			want := map[string]string{"in/kept": "before"}
			for name, data := range tt.files {
				want[name] = data
			}
			require.Equal(t, want, files)
		})
	}
}

// A name that is a number is a descriptor: this file lands on the server's
// own standard output, and closes it.
func TestTheUsualReceiverOpensADescriptor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("tried on Linux only")
	}
	server := peer.Launch(t, peer.Python(t, script, "fragile"))
	p := peer.Dial(t, net.JoinHostPort("127.0.0.1", server.Line(t)))
	p.Send(peer.Frame(`{"file_name":1,"file_size":4}`), []byte("boo\n"))
	require.Equal(t, "boo", server.Line(t))
}

// A client that is reset in the middle of a file leaves what came of it, and
// the receiver lives.
func TestTheUsualReceiverKeepsThePart(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("tried on Linux only: elsewhere a reset may destroy the header too")
	}
	cmd := peer.Python(t, script, "fragile")
	cmd.Dir = t.TempDir()
	server := peer.Launch(t, cmd)
	addr := net.JoinHostPort("127.0.0.1", server.Line(t))
	cut := peer.Dial(t, addr)
	cut.Send(peer.Header1("cut", 10), []byte("half"))
	cut.SetLinger(0)
	cut.Close()
	next := peer.Dial(t, addr)
	next.Send(peer.Header1("next", 4), []byte("next"))
	next.CloseWrite()
	require.Error(t, server.Wait())
	require.Equal(t, map[string]string{"cut": "half", "next": "next"}, peer.Tree(t, cmd.Dir))
}

// An answer to a client that never reads: it closes with the answer unread,
// its kernel sends a reset, and what it had not delivered by then is lost.
func TestAnAnswerNobodyReadsCutsTheNextFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("tried on Linux only: what a reset destroys differs")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	client := peer.Dial(t, ln.Addr().String())
	server, err := ln.Accept()
	require.NoError(t, err)
	defer server.Close()
	server.SetDeadline(time.Now().Add(peer.Timeout))

	require.NoError(t, server.(*net.TCPConn).SetReadBuffer(4<<10))
	require.NoError(t, client.SetWriteBuffer(1<<20))
	_, err = server.Write([]byte("ok"))
	require.NoError(t, err)
	// It fits into the buffer here, and not into the one there.
	file := make([]byte, 256<<10)
	client.Send(file)
	client.Close()
	got, err := io.Copy(io.Discard, server)
	require.ErrorContains(t, err, "reset")
	require.Less(t, got, int64(len(file)))
}
