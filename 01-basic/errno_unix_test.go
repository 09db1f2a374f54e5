//go:build !windows

package basic

import "syscall"

const (
	errRefused = syscall.ECONNREFUSED
	errInUse   = syscall.EADDRINUSE
	errReset   = syscall.ECONNRESET
)
