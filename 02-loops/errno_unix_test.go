//go:build !windows

package loops

import "syscall"

const (
	errReset     = syscall.ECONNRESET
	errPipe      = syscall.EPIPE
	errExhausted = syscall.EMFILE
)
