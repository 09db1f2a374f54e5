package upload

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The children: this test binary as a server or a client, to be killed or
// measured. What they are to do comes in the environment.
var children = map[string]func(){
	// Prints its address, and serves DIR until its standard input ends;
	// with KILL it dies when it is to sync that, a new name in it.
	"server": func() {
		folder, err := OpenFolder(os.Getenv("DIR"))
		check(err)
		folder.NoSync = os.Getenv("KILL") == ""
		folder.sync = func(file *os.File) error {
			if is, err := file.Stat(); err == nil && is.IsDir() {
				die()
			}
			return nil
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
		src, err := OpenSource(os.Getenv("FILE"))
		check(err)
		conn, err := net.Dial("tcp", os.Getenv("ADDR"))
		check(err)
		c := NewClient()
		c.Protocol, _ = strconv.Atoi(os.Getenv("PROTOCOL"))
		if at, err := strconv.ParseInt(os.Getenv("KILL"), 10, 64); err == nil {
			c.Digest = CRC32C
			conn = &mortal{conn, at}
		}
		_, err = c.Send(conn, src, src.Name)
		check(err)
		check(HangUp(conn, patience))
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

// die is kill -9 of this process.
func die() {
	self, _ := os.FindProcess(os.Getpid())
	self.Kill()
	select {} // it takes a moment
}

// A child that is running.
type child struct {
	*exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
	errors *strings.Builder
	once   sync.Once
}

func start(t testing.TB, what string, env ...string) *child {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return launch(t, exec.Command(self), append(env, "UPLOAD_CHILD="+what))
}

func launch(t testing.TB, cmd *exec.Cmd, env []string) *child {
	t.Helper()
	c := &child{Cmd: cmd, errors: &strings.Builder{}}
	c.Env = append(os.Environ(), env...)
	c.Stderr = c.errors
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	c.stdin, c.stdout = in, bufio.NewReader(out)
	require.NoError(t, c.Start())
	t.Cleanup(c.kill)
	return c
}

// line is the first line that the child prints.
func (c *child) line(t testing.TB) string {
	t.Helper()
	line, err := c.stdout.ReadString('\n')
	require.NoError(t, err, "the child ended: %s", c.errors)
	return strings.TrimSpace(line)
}

// kill is kill -9, and waits until it is dead.
func (c *child) kill() {
	c.once.Do(func() {
		c.Process.Kill()
		c.Cmd.Wait()
	})
}

// wait lets it end by itself.
func (c *child) wait() (err error) {
	c.once.Do(func() {
		if err = c.Cmd.Wait(); err != nil {
			err = fmt.Errorf("%w: %s", err, c.errors)
		}
	})
	return err
}
