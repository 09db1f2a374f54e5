//go:build unix

package main

import "syscall"

// settle has the disk finish what it is at, so that nobody pays for it who
// did not cause it.
func settle() { syscall.Sync() }
