//go:build !linux || !(amd64 || arm64)

package listen_test

import (
	"errors"
	"syscall"
)

// refusing makes setsockopt fail on Linux alone.
func refusing(syscall.Errno, func()) (int, error) {
	return 0, errors.New("it takes a seccomp filter, and Linux on amd64 or arm64")
}
