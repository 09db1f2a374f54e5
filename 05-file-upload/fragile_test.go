package upload

import (
	"io"
	"maps"
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

// The receiver as it is usually written: each recv is taken for what it was
// meant to bring, and a reset for the only way in which a client leaves.
const usual = `
import json, resource, signal, socket, struct
signal.setitimer(signal.ITIMER_PROF, 0.3)  # seconds of CPU: it may spin
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(5)
print(listener.getsockname()[1], flush=True)
while True:
    conn, _ = listener.accept()
    try:
        while True:
            (length,) = struct.unpack("<i", conn.recv(4))
            head = json.loads(conn.recv(length).decode("utf-8"))
            left = head["file_size"]
            with open(head["file_name"], "wb") as f:
                while left > 0:
                    left -= f.write(conn.recv(1024))
    except ConnectionResetError:
        conn.close()
`

// startUsual starts it in dir, and returns its address.
func startUsual(t *testing.T, dir string) (server *peer.Child, addr string) {
	if runtime.GOOS != "linux" {
		t.Skip("its limits of CPU time and memory, and what a reset destroys, were tried on Linux only")
	}
	cmd := peer.Python(t, script)
	cmd.Args = []string{cmd.Path, "-c", usual}
	cmd.Dir = dir
	server = peer.Launch(t, cmd)
	return server, net.JoinHostPort("127.0.0.1", server.Line(t))
}

// One client after the other that it dies of. All of them have sent what
// they wanted without an error.
func TestTheUsualReceiverDies(t *testing.T) {
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
		"spinning, a file empty":  {string(header("kept", 3)), "profiling timer expired", map[string]string{"in/kept": ""}},
		"spinning, for ever":      {string(peer.Frame(`{"file_name":"a","file_size":Infinity}`)) + "abc", "profiling timer expired", map[string]string{"in/a": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			dir := filepath.Join(top, "in")
			require.NoError(t, os.Mkdir(dir, 0o777))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "kept"), []byte("before"), 0o666))
			server, addr := startUsual(t, dir)
			p := peer.Dial(t, addr)
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
			maps.Copy(want, tt.files)
			require.Equal(t, want, files)
		})
	}
}

// A name that is a number is a descriptor: this file lands on the server's
// own standard output, and closes it.
func TestTheUsualReceiverOpensADescriptor(t *testing.T) {
	server, addr := startUsual(t, t.TempDir())
	p := peer.Dial(t, addr)
	p.Send(peer.Frame(`{"file_name":1,"file_size":4}`), []byte("boo\n"))
	require.Equal(t, "boo", server.Line(t))
}

// A client that is reset in the middle of a file leaves what came of it, and
// the receiver lives.
func TestTheUsualReceiverKeepsThePart(t *testing.T) {
	dir := t.TempDir()
	server, addr := startUsual(t, dir)
	cut := peer.Dial(t, addr)
	cut.Send(peer.Header1("cut", 10), []byte("half"))
	cut.SetLinger(0)
	cut.Close()
	next := peer.Dial(t, addr)
	next.Send(peer.Header1("next", 4), []byte("next"))
	next.CloseWrite()
	require.Error(t, server.Wait())
	require.Equal(t, map[string]string{"cut": "half", "next": "next"}, peer.Tree(t, dir))
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
