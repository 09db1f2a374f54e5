package peer

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Child is a process that is running.
type Child struct {
	*exec.Cmd
	Stdin  io.Closer
	stdout *bufio.Reader
	errors *strings.Builder
	once   sync.Once
}

// Launch starts cmd with more in its environment.
func Launch(t testing.TB, cmd *exec.Cmd, env ...string) *Child {
	t.Helper()
	c := &Child{Cmd: cmd, errors: &strings.Builder{}}
	c.Env = append(os.Environ(), env...)
	c.Stderr = c.errors
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	c.Stdin, c.stdout = in, bufio.NewReader(out)
	require.NoError(t, c.Start())
	t.Cleanup(c.Kill)
	return c
}

// Line is the next line that the child prints.
func (c *Child) Line(t testing.TB) string {
	t.Helper()
	line, err := c.stdout.ReadString('\n')
	require.NoError(t, err, "the child ended: %s", c.errors)
	return strings.TrimSpace(line)
}

// Kill is kill -9, and waits until it is dead.
func (c *Child) Kill() {
	c.once.Do(func() {
		c.Process.Kill()
		c.Cmd.Wait()
	})
}

// Wait lets it end by itself.
func (c *Child) Wait() (err error) {
	c.once.Do(func() {
		if err = c.Cmd.Wait(); err != nil {
			err = fmt.Errorf("%w: %s", err, c.errors)
		}
	})
	return err
}

// Python runs script, the lesson's peer.py.
func Python(t testing.TB, script string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	script, err = filepath.Abs(script)
	require.NoError(t, err)
	return exec.Command(path, append([]string{script}, args...)...)
}
