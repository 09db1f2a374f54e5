// Package programs tests the ten programs of the lessons as a reader runs
// them: built, and started as processes of their own.
package programs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lessons[1] is the folder of lesson 1.
var lessons = []string{"", "01-basic", "02-loops", "03-reuseaddr", "04-sticky-packets", "05-file-upload"}

// long is longer than any program here takes: only a hang meets it.
const long = time.Minute

// bin has a folder for each lesson, with its server and its client.
var bin string

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "programs"); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(bin)
	os.Exit(code)
}

// build builds them as this test was built: with the race detector or not.
var build = sync.OnceValue(func() error {
	house := os.DirFS("../..")
	flags := []string{"build", "-buildvcs=false", "-ldflags=-w"} // without what a debugger needs: a third less to link
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		flags = append(flags, "-race")
	}
	for _, lesson := range lessons[1:] {
		// What go build reads, go test does not see: reading it here too
		// tells go test what its cached result depends on.
		err := fs.WalkDir(house, lesson, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				_, err = fs.ReadFile(house, path)
			}
			return err
		})
		if err != nil {
			return err
		}
		cmd := exec.Command("go", append(flags, "-o", filepath.Join(bin, lesson)+"/", "./"+lesson+"/server", "./"+lesson+"/client")...)
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	return nil
})

// words splits a command line, and then puts in the names: a path may hold
// spaces.
func words(line string, names *strings.Replacer) []string {
	list := strings.Fields(line)
	for i := range list {
		list[i] = names.Replace(list[i])
	}
	return list
}

// A process is a program that runs.
type process struct {
	*exec.Cmd
	in   io.WriteCloser
	pipe io.ReadCloser // what it prints
	out  *bufio.Reader // the same, line by line
	errs bytes.Buffer
}

// command is a program of lesson n, server or client, or python with the
// lesson's peer. It runs in an empty folder.
func command(t *testing.T, n int, program string, args ...string) *process {
	t.Helper()
	err := build()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("no go here to build the programs with")
	}
	require.NoError(t, err)
	path := filepath.Join(bin, lessons[n], program)
	if program == "python" {
		if path, err = exec.LookPath("python3"); err != nil {
			t.Skip("no python3 here")
		}
		peer, err := filepath.Abs(filepath.Join("../..", lessons[n], "testdata/peer.py"))
		require.NoError(t, err)
		args = slices.Insert(args, 0, peer)
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	t.Cleanup(cancel)
	p := &process{Cmd: exec.CommandContext(ctx, path, args...)}
	p.Dir, p.Stderr = t.TempDir(), &p.errs
	p.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // else each sleeps for a second before it exits
	return p
}

// start starts it; it is killed when the test is over.
func (p *process) start(t *testing.T) *process {
	t.Helper()
	var err, failed error
	p.pipe, err = p.StdoutPipe()
	p.in, failed = p.StdinPipe()
	require.NoError(t, errors.Join(err, failed))
	p.out = bufio.NewReader(p.pipe)
	require.NoError(t, p.Start())
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	return p
}

// line is the next line that it prints.
func (p *process) line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	require.NoError(t, err, "it has ended: %s", &p.errs)
	return strings.TrimSpace(line)
}

// listening starts a server, and reads from its first line where it listens.
func (p *process) listening(t *testing.T) (addr string) {
	t.Helper()
	addr, ok := strings.CutPrefix(p.start(t).line(t), "listening on ")
	require.True(t, ok)
	return addr
}

// serve starts the server of lesson n on a port that the system picks.
func serve(t *testing.T, n int, args ...string) (server *process, addr string) {
	t.Helper()
	server = command(t, n, "server", slices.Insert(args, 0, "-addr=127.0.0.1:0")...)
	return server, server.listening(t)
}

// stop asks a server to stop, which is no failure.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // no process can send a Ctrl-C there
	}
	require.NoError(t, p.Process.Signal(os.Interrupt))
	require.NoError(t, p.Wait(), &p.errs)
	require.Empty(t, p.errs.String())
}

// run runs it to its end.
func (p *process) run(t *testing.T, stdin string) (out, errs string, code int) {
	t.Helper()
	var stdout strings.Builder
	p.Stdin, p.Stdout = strings.NewReader(stdin), &stdout
	if err := p.Run(); p.ProcessState == nil {
		require.NoError(t, err)
	}
	return stdout.String(), p.errs.String(), p.ProcessState.ExitCode()
}

// says runs a program that succeeds, and returns what it prints.
func (p *process) says(t *testing.T, stdin string) string {
	t.Helper()
	out, errs, code := p.run(t, stdin)
	require.Zero(t, code, errs)
	require.Empty(t, errs)
	return out
}
