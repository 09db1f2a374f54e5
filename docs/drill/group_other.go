//go:build !unix

package main

import (
	"os/exec"
	"strconv"
	"time"
)

// group kills cmd and its children when its context is done. There are no
// process groups here: taskkill walks the tree.
func group(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
		return cmd.Process.Kill()
	}
	cmd.WaitDelay = 2 * time.Second
}
