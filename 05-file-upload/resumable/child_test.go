package resumable

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"testing"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// The children: this test binary as a server or a client, to be killed or
// measured. What they are to do comes in the environment.
var children = map[string]func(){
	// Prints its address, and serves DIR until its standard input ends;
	// with KILL it dies when it is to sync that, a new name in it.
	"server": func() {
		folder, err := OpenFolder(os.Getenv("DIR"))
		check(err)
		folder.Sync = nil
		if os.Getenv("KILL") != "" {
			folder.Sync = dieAtName
		}
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
		if at, err := strconv.ParseInt(os.Getenv("KILL"), 10, 64); err == nil {
			c.Digest = CRC32C
			conn = &mortal{conn, at}
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

// A mortal connection kills its process once so many bytes were written.
type mortal struct {
	net.Conn
	left int64
}

func (m *mortal) Write(p []byte) (int, error) {
	n := min(int64(len(p)), m.left)
	m.Conn.Write(p[:n])
	if m.left -= n; m.left == 0 {
		die()
	}
	return int(n), nil
}

// dieAtName dies when it is to sync a folder, a new name in it.
func dieAtName(file *os.File) error {
	if is, err := file.Stat(); err == nil && is.IsDir() {
		die()
	}
	return nil
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
