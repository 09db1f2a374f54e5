package resumable

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// points is at how many random bytes each end is killed: 200 in all when
// UPLOAD_HEAVY is set.
func points() int {
	if heavy {
		return 100
	}
	return 8
}

// kill -9 of the client at random bytes of a session. Nothing unfinished
// is ever visible; the next try sends only the rest.
func TestKillClient(t *testing.T) {
	t.Parallel()
	// What a killed client had handed to its kernel still arrives: until then
	// the server takes it for alive.
	s := serve(t, func(s *Server) { s.Folder.claimTimeout = peer.Timeout })
	r := rand.New(rand.NewPCG(3, 4))
	data := peer.Noise(1, 3<<20)
	path := peer.File(t, "film", data)
	resumed := 0
	for range points() {
		at := r.IntN(len(data) + 250) // the header and the trailer too
		c := start(t, "client", "FILE="+path, "ADDR="+s.addr, "PROTOCOL=2", fmt.Sprintf("KILL=%d", at))
		c.Wait()
		if got, there := s.visible(t)["film"]; there {
			require.True(t, got == string(data), "killed at %d: half a file under its own name", at)
		} else {
			again := NewClient()
			again.Digest = CRC32C
			receipt, err := send(t, again, s.addr, path)
			require.NoError(t, err, "after a kill at %d", at)
			if receipt.Offset > 0 {
				resumed++
			}
			require.True(t, s.visible(t)["film"] == string(data))
		}
		require.NoError(t, os.Remove(filepath.Join(s.dir, "film")))
		require.Empty(t, s.unfinished(t))
	}
	require.Positive(t, resumed, "no try was resumed")
}

// kill -9 of the server, at the moment when the client has sent a random
// number of bytes. What is visible afterwards is whole; a new server
// resumes the rest.
func TestKillServer(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	data := peer.Noise(1, 3<<20)
	path := peer.File(t, "film", data)
	dir := filepath.Join(t.TempDir(), "uploads")
	resumed := 0
	for range points() {
		at := r.IntN(len(data) + 250)
		server := start(t, "server", "DIR="+dir)
		conn, err := net.Dial("tcp", server.Line(t))
		require.NoError(t, err)
		src, err := upload.OpenSource(path)
		require.NoError(t, err)
		c := NewClient()
		c.Digest = CRC32C
		c.Send(&killer{conn, at, server.Kill}, src, "film")
		src.Close()
		conn.Close()
		server.Kill()

		seen := filepath.Join(dir, "film")
		if got, err := os.ReadFile(seen); err == nil {
			require.True(t, string(got) == string(data), "killed at %d: half a file under its own name", at)
			require.NoError(t, os.Remove(seen))
		}
		server = start(t, "server", "DIR="+dir)
		receipt, err := send(t, c, server.Line(t), path)
		require.NoError(t, err, "after a kill at %d", at)
		if receipt.Offset > 0 {
			resumed++
		}
		got, err := os.ReadFile(seen)
		require.NoError(t, err)
		require.True(t, string(got) == string(data))
		require.NoError(t, os.Remove(seen))
		server.Stdin.Close()
		require.NoError(t, server.Wait())
	}
	// What the server had moved from socket to file when it was killed is
	// its own business: among a hundred tries some are resumed, of eight
	// perhaps none. TestKillClient's are certain.
	if heavy {
		require.Positive(t, resumed, "no try was resumed")
	}
}

// A killer calls kill once so many bytes were written.
type killer struct {
	net.Conn
	left int
	kill func()
}

func (k *killer) Write(p []byte) (int, error) {
	if k.left >= 0 && len(p) > k.left {
		k.Conn.Write(p[:k.left])
		k.kill()
	}
	k.left -= len(p)
	return k.Conn.Write(p)
}

// The children: this test binary as a server or a client, to be killed or
// measured. What they are to do comes in the environment.
var children = map[string]func(){
	// Prints its address, and serves DIR until its standard input ends.
	"server": func() {
		folder, err := OpenFolder(os.Getenv("DIR"))
		check(err)
		folder.Sync = nil
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
		c := NewClient()
		if at, err := strconv.Atoi(os.Getenv("KILL")); err == nil {
			c.Digest = CRC32C
			conn = &killer{conn, at, die}
		}
		if os.Getenv("PROTOCOL") == "1" {
			err = c.Client.Send(conn, src, src.Name)
		} else {
			_, err = c.Send(conn, src, src.Name)
		}
		check(err)
		check(upload.Finish(conn, peer.Timeout))
		fmt.Println("done")
		io.Copy(io.Discard, os.Stdin) // until somebody has looked at it
	},
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// die is kill -9 of this process.
func die() {
	self, _ := os.FindProcess(os.Getpid())
	self.Kill()
	select {} // it takes a moment
}

func start(t testing.TB, what string, env ...string) *peer.Child {
	t.Helper()
	return peer.Launch(t, peer.Self(t), append(env, "UPLOAD_CHILD="+what)...)
}
