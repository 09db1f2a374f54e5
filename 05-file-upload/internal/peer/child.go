package peer

import (
	"bufio"
	"bytes"
	"errors"
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
	out    io.Closer
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
	c.Stdin, c.out, c.stdout = in, out, bufio.NewReader(out)
	require.NoError(t, c.Start())
	t.Cleanup(c.Kill)
	return c
}

// Self is this test binary as a command.
func Self(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return exec.Command(self, args...)
}

// Run runs cmd to its end.
func Run(t testing.TB, cmd *exec.Cmd, stdin string, env ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); !errors.As(err, new(*exec.ExitError)) {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
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

// CloseOutput has nobody read what the child prints.
func (c *Child) CloseOutput() { c.out.Close() }
