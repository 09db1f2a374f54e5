//go:build unix

package main

import (
	"os/exec"
	"syscall"
	"time"
)

// group makes cmd the head of a process group that is killed as a whole
// when its context is done: the go command's own children would live on.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
}
