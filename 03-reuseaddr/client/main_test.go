package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	reuseaddr "example.com/dialtone/03-reuseaddr"
)

// The test binary is the program, when the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv("DIALTONE_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), "DIALTONE_PROGRAM=yes")
	return cmd
}

func listen(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

func TestCounts(t *testing.T) {
	ln := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- reuseaddr.Serve(ctx, ln, "ann", time.Minute) }()
	for args, want := range map[string]string{
		"":                                  "1 answered by ann\n",
		"-close-first":                      "1 answered by ann\n",
		"-conns=40 -at-once=4":              "40 answered by ann\n",
		"-conns=40 -at-once=4 -close-first": "40 answered by ann\n",
		"-from=127.0.0.1:0 -timeout=1m":     "1 answered by ann\n",
	} {
		out, err := program(t, append(strings.Fields(args), "-addr="+ln.Addr().String())...).Output()
		require.NoError(t, err)
		require.Equal(t, want, string(out))
	}
	cancel()
	require.NoError(t, <-done)
}

// Bad input gets one line: the system's own words, then what to do next.
func TestBadInput(t *testing.T) {
	silent := listen(t).Addr().String()
	// A connected client's own port is bound, and nobody listens on it.
	conn, err := net.Dial("tcp", silent)
	require.NoError(t, err)
	defer conn.Close()
	for args, want := range map[string]struct {
		code  int
		words string
	}{
		"-addr=" + conn.LocalAddr().String():       {1, "; is the server running? make server-3"},
		"-timeout=300ms -addr=" + silent:           {1, "timeout"},
		"-from=192.0.2.1:0 -addr=" + silent:        {1, "; -from :0 leaves it to the system"},
		"-from=127.0.0.1:4103 -conns=3 -at-once=3": {2, "one port makes one connection at a time: -at-once 1, or -from :0"},
		"-conns=0":     {2, "-conns, -at-once and -timeout more than 0"},
		"-timeout=-1s": {2, "-conns, -at-once and -timeout more than 0"},
		"-from=8080":   {2, "missing port in address"},
		"hello":        {2, "no arguments but flags"},
	} {
		cmd := program(t, strings.Fields(args)...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		require.Error(t, cmd.Run())
		require.Equal(t, want.code, cmd.ProcessState.ExitCode(), errs.String())
		require.Empty(t, out.String())
		require.Contains(t, errs.String(), want.words)
		if args != "-from=8080" { // package flag lists the flags too
			require.Regexp(t, `^client: .*\n$`, errs.String())
		}
	}
}
