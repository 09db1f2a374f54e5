//go:build unix

package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrivilegedPort(t *testing.T) {
	change := asIs
	if os.Getuid() == 0 {
		if runtime.GOOS != "linux" {
			t.Skip("root may listen on any port")
		}
		change = func(cmd *exec.Cmd) { // let somebody else try
			cmd.Path = "/proc/self/exe" // whatever folders this binary lies in
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		try := exec.Command("", "-test.run=^$")
		change(try)
		if err := try.Run(); errors.Is(err, fs.ErrPermission) {
			t.Skip("nobody else may run this test's binary: a umask, or qemu-user: ", err)
		}
	}
	s := start(t, change, "-addr=127.0.0.1:1")
	if line, _ := s.stdout.ReadString('\n'); line != "" {
		s.Process.Kill()
		s.Wait()
		t.Skip("this system lets anybody listen on any port")
	}
	require.EqualError(t, s.Wait(), "exit status 1")
	require.Equal(t, "server: listen tcp 127.0.0.1:1: bind: permission denied; -addr 127.0.0.1:0 picks a free port\n", s.stderr.String())
}
