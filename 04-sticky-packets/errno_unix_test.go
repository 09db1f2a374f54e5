//go:build !windows

package sticky

import "syscall"

const (
	errReset   = syscall.ECONNRESET
	errNoFiles = syscall.EMFILE
)
