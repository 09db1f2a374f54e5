package upload

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func python(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	script, err := filepath.Abs(filepath.Join("testdata", "peer.py"))
	require.NoError(t, err)
	return exec.Command(path, append([]string{script}, args...)...)
}

// Python clients of all manners, several files on a connection each.
func TestPythonClient(t *testing.T) {
	t.Parallel()
	for _, manner := range []string{"plain", "utf8", "halves", "sendfile", "abrupt", "gone"} {
		if manner == "abrupt" && runtime.GOOS == "windows" {
			continue // nobody there can ask what is still to be delivered
		}
		s := serve(t)
		want := map[string]string{
			"a.bin": string(noise(1, 300)), "电影.bin": string(noise(2, 5000)),
			"empty": "", "c.bin": string(noise(3, 100000)),
		}
		dir := t.TempDir()
		host, port, _ := net.SplitHostPort(s.addr)
		args := []string{"send", host, port, manner}
		for name, data := range want {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, []byte(data), 0o666))
			args = append(args, path)
		}
		out, err := python(t, args...).CombinedOutput()
		require.NoError(t, err, "%s: %s", manner, out)
		for range want {
			r := s.record(t)
			require.NoError(t, r.Err, manner)
			require.Equal(t, "你好", r.Header.Msg)
		}
		require.Equal(t, want, s.visible(t), manner)
	}
}

// Our client and a Python server, which must read the length and the JSON
// whole in one recv each.
func TestPythonServer(t *testing.T) {
	t.Parallel()
	sizes := []int{0, 1, 300, 5000, 1 << 20}
	dir := t.TempDir()
	cmd := python(t, "serve", "5")
	cmd.Dir = dir
	server := launch(t, cmd, nil)
	addr := net.JoinHostPort("127.0.0.1", server.line(t))
	c := NewClient()
	c.Protocol, c.Msg = 1, "你好"
	for i, size := range sizes {
		data := noise(uint64(i), size)
		_, err := send(t, c, addr, file(t, "电影.bin", data))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, "电影.bin"))
		require.NoError(t, err)
		require.True(t, string(data) == string(got), "%d bytes", size)
	}
	require.NoError(t, server.wait())
}

// Against such a server protocol 2 ends in a line that says what to do.
func TestPythonServerAndProtocol2(t *testing.T) {
	t.Parallel()
	cmd := python(t, "serve", "1")
	cmd.Dir = t.TempDir()
	server := launch(t, cmd, nil)
	c := NewClient()
	c.Patience = 1e9
	_, err := send(t, c, net.JoinHostPort("127.0.0.1", server.line(t)), file(t, "a", noise(1, 10)))
	require.ErrorIs(t, err, ErrNoAnswer)
}
