//go:build !windows

package cli

import "syscall"

const (
	errRefused      = syscall.ECONNREFUSED
	errInUse        = syscall.EADDRINUSE
	errNotOurs      = syscall.EADDRNOTAVAIL
	errDenied       = syscall.EACCES
	errReset        = syscall.ECONNRESET
	errPipe         = syscall.EPIPE
	errNotConnected = syscall.ENOTCONN
	errNoRoute      = syscall.ENETUNREACH
	errNoHost       = syscall.EHOSTUNREACH
)
