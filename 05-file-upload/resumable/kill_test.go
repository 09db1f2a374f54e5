package resumable

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// kill -9 of the client at random bytes of a session. Nothing unfinished is
// ever visible; the next try sends only the rest.
func TestKillClient(t *testing.T) {
	resumed := killed(t, 3, func(server *peer.Child, addr, path string, at int) {
		start(t, "client", "FILE="+path, "ADDR="+addr, fmt.Sprintf("KILL=%d", at)).Wait()
	})
	require.Positive(t, resumed, "no try was resumed")
}

// kill -9 of the server, at the moment when the client has sent a random
// number of bytes. What is visible afterwards is whole; a new server resumes
// the rest, if there is any: what it had moved from socket to file when it
// was killed is its own business.
func TestKillServer(t *testing.T) {
	killed(t, 5, func(server *peer.Child, addr, path string, at int) {
		defer server.Kill()
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		sendOn(t, crc32c(), &trap{conn, at, func([]byte) { server.Kill() }}, path, "film")
	})
}

// killed has one end killed at random bytes, sends the file again, and says
// how often it was resumed.
func killed(t *testing.T, seed uint64, kill func(server *peer.Child, addr, path string, at int)) (resumed int) {
	t.Parallel()
	r := rand.New(rand.NewPCG(seed, 4))
	data := peer.Noise(1, 3<<20)
	path := peer.File(t, "film", data)
	dir := filepath.Join(t.TempDir(), "uploads")
	seen := filepath.Join(dir, "film")
	server := start(t, "server", "DIR="+dir)
	addr := server.Line(t)
	for range 8 {
		at := r.IntN(len(data) + 250) // the header and the trailer too
		kill(server, addr, path, at)
		if server.ProcessState != nil { // it is dead
			server = start(t, "server", "DIR="+dir)
			addr = server.Line(t)
		}
		if got, err := os.ReadFile(seen); err == nil {
			require.True(t, string(got) == string(data), "killed at %d: half a file under its own name", at)
			require.NoError(t, os.Remove(seen))
		}
		receipt, err := send(t, crc32c(), addr, path)
		require.NoError(t, err, "after a kill at %d", at)
		if receipt.Offset > 0 {
			resumed++
		}
		got, err := os.ReadFile(seen)
		require.NoError(t, err)
		require.True(t, string(got) == string(data))
		require.NoError(t, os.Remove(seen))
		unfinished, err := os.ReadDir(filepath.Join(dir, upload.Waiting))
		require.NoError(t, err)
		require.Empty(t, unfinished)
	}
	server.Stdin.Close()
	require.NoError(t, server.Wait())
	return resumed
}

// crc32c is a client in a hurry.
func crc32c() *Client {
	c := NewClient()
	c.Digest = CRC32C
	return c
}

// The children: this test binary as a server or a client, to be killed. What
// they are to do comes in the environment.
var children = map[string]func(){
	// Prints its address, and serves DIR until its standard input ends.
	"server": func() {
		folder, err := OpenFolder(os.Getenv("DIR"))
		check(err)
		folder.Sync = nil
		// What a killed client had handed to its kernel still arrives: until
		// then the server takes it for alive.
		folder.claimTimeout = peer.Timeout
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		fmt.Println(ln.Addr())
		ctx, cancel := context.WithCancel(context.Background())
		go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
		check(NewServer(folder).Serve(ctx, ln))
	},
	// Sends FILE to ADDR, and kills itself when KILL bytes are on their way.
	"client": func() {
		src, err := upload.OpenSource(os.Getenv("FILE"))
		check(err)
		conn, err := net.Dial("tcp", os.Getenv("ADDR"))
		check(err)
		at, err := strconv.Atoi(os.Getenv("KILL"))
		check(err)
		_, err = crc32c().Send(&trap{conn, at, func([]byte) {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill() // kill -9
			select {}   // it takes a moment
		}}, src, src.Name)
		check(err)
	},
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func start(t testing.TB, what string, env ...string) *peer.Child {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return peer.Launch(t, exec.Command(self), append(env, "UPLOAD_CHILD="+what)...)
}
