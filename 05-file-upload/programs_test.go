package upload

// The two programs as the reader runs them: real processes, on the command
// line, against each other.

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// programs builds both once, into a folder that TestMain takes away.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lesson-")
	if err != nil {
		return "", err
	}
	programsDir = dir
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./server", "./client").CombinedOutput()
	os.Stderr.Write(out)
	return dir, err
})

var programsDir string

func removePrograms() { os.RemoveAll(programsDir) }

func program(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	dir, err := programs()
	require.NoError(t, err)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return exec.Command(filepath.Join(dir, name), args...)
}

// runServer starts the server program and gives its address.
func runServer(t *testing.T, args ...string) (*child, string) {
	t.Helper()
	c := launch(t, program(t, "server", append([]string{"-addr", "127.0.0.1:0"}, args...)...), nil)
	addr, ok := strings.CutPrefix(c.line(t), "listening on ")
	require.True(t, ok)
	return c, addr
}

// run runs a program to its end.
func run(t *testing.T, stdin, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := program(t, name, args...)
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &o, &e
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); !failed {
		require.NoError(t, err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// stored is a line of the server's from the word on: without the port.
func stored(line string) string {
	_, what, _ := strings.Cut(line, " stored ")
	return what
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	up, films := filepath.Join(t.TempDir(), "up"), t.TempDir()
	server, addr := runServer(t, "-dir", up)
	for i, name := range []string{"a.mp4", "b.mp4", "电影.mp4"} {
		require.NoError(t, os.WriteFile(filepath.Join(films, name), noise(uint64(i), 5000), 0o666))
	}
	path := func(name string) string { return filepath.Join(films, name) }

	// Files by name, silent but for a line each.
	out, errs, code := run(t, "", "client", "-addr", addr, path("a.mp4"), path("电影.mp4"))
	require.Equal(t, "", errs)
	require.Equal(t, 0, code)
	require.Regexp(t, `^stored "a.mp4", 4.9 KiB in \S+, .*/s, sha256 [0-9a-f]{64}\nstored "电影.mp4", .*\n$`, out)
	// The server's lines are of two calls, and come in either order.
	lines := []string{server.line(t), server.line(t)}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(stored(a), stored(b)) })
	require.Regexp(t, `^127.0.0.1:\d+ stored "a.mp4", 4.9 KiB in \S+, .*/s, sha256 [0-9a-f]{64}$`, lines[0])
	require.Regexp(t, `^127.0.0.1:\d+ stored "电影.mp4", 4.9 KiB in `, lines[1])

	// One of them is there already: the others are sent, and the exit says so.
	out, errs, code = run(t, "", "client", "-addr", addr, "-digest", "crc32c", path("a.mp4"), path("b.mp4"))
	require.Equal(t, 1, code)
	require.Regexp(t, `^stored "b.mp4", .*, crc32c [0-9a-f]{8}\n$`, out)
	require.Equal(t, "\"a.mp4\": the server refuses it: \"a file of this name is there already\"; give it another name: -as NAME\n"+
		"client: 1 of 2 files were not stored\n", errs)

	// Another name, and the old protocol.
	out, errs, code = run(t, "", "client", "-addr", addr, "-protocol", "1", "-as", "b.mp4", path("a.mp4"))
	require.Equal(t, "", errs)
	require.Equal(t, 0, code)
	require.Regexp(t, `^sent "b.mp4", .*; protocol 1 does not say whether it was stored\n$`, out)
	require.FileExists(t, filepath.Join(up, "b (2).mp4"))

	// The menu of the source.
	out, errs, code = run(t, "two\n9\n1\nq\n", "client", "-addr", addr, "-dir", films)
	require.Equal(t, "", errs)
	require.Equal(t, 0, code)
	require.Equal(t, 4, strings.Count(out, `  1     4.9 KiB  "a.mp4"`), out)
	for _, says := range []string{"must be a number", "not in range", "there already"} {
		require.Contains(t, out, says)
	}
	if runtime.GOOS != "windows" {
		require.NoError(t, server.Process.Signal(os.Interrupt))
		require.NoError(t, server.wait(), "asked to stop is exit 0")
	}
}

// One line, what was wrong, what to do; and nothing is sent before all
// files have been looked at.
func TestProgramsBadInput(t *testing.T) {
	t.Parallel()
	up := filepath.Join(t.TempDir(), "up")
	_, addr := runServer(t, "-dir", up)
	good, plain := file(t, "good", noise(1, 10)), file(t, "plain", nil)
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"client", "-addr", addr, good, t.TempDir()}, 1, "is a folder"},
		{[]string{"client", "-addr", addr, good, filepath.Join(t.TempDir(), "gone")}, 1, `gone"`},
		{[]string{"client", "-addr", addr, "-as", "../x", good}, 1, "path separator; give it another name: -as NAME"},
		{[]string{"client", "-addr", addr, "-as", "x"}, 2, "-as names one FILE"},
		{[]string{"client", "-addr", addr, "-protocol", "3", good}, 2, "-protocol is 1 or 2"},
		{[]string{"client", "-addr", addr, "-digest", "md5", good}, 2, "-digest is"},
		{[]string{"client", "-addr", "127.0.0.1:1", good}, 1, "nobody is listening at 127.0.0.1:1; start the server first: make server-5"},
		{[]string{"client", "-addr", addr, "-dir", t.TempDir()}, 1, "no files in"},
		{[]string{"client", "-bad"}, 2, "-h lists the flags"},
		{[]string{"server", "-addr", addr, "-dir", t.TempDir()}, 1, "is taken by another program"},
		{[]string{"server", "-addr", "127.0.0.1:0", "-dir", up}, 1, "another server is using it"},
		{[]string{"server", "-addr", "127.0.0.1:0", "-dir", plain}, 1, "not a directory; choose another -dir"},
		{[]string{"server", "-addr", "127.0.0.1:0", "-dir", ""}, 1, "choose another -dir"},
		{[]string{"server", "-max-size", "0"}, 2, "at least 1"},
		{[]string{"server", "-max-size", "many"}, 2, "a size is a number of bytes"},
		{[]string{"server", "-max-conns", "0"}, 2, "-max-conns"},
		{[]string{"server", "x"}, 2, `"x" is not a flag`},
	} {
		if runtime.GOOS == "windows" && strings.HasPrefix(row.says, "not a directory") {
			continue // other words
		}
		out, errs, code := run(t, "", row.args[0], row.args[1:]...)
		require.Equal(t, row.code, code, "%q: %s%s", row.args, out, errs)
		require.Empty(t, out, "%q", row.args)
		require.Equal(t, 1, strings.Count(errs, "\n"), "%q: %s", row.args, errs)
		require.Contains(t, errs, row.says, "%q", row.args)
	}
	require.NoFileExists(t, filepath.Join(up, "good"))
}
