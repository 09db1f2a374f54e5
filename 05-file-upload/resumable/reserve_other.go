//go:build !linux

package resumable

import (
	"errors"
	"os"
	"syscall"
)

// reserve does nothing here: fallocate is Linux's. What is missing is
// that a full disk is known before the first byte; it is met on the
// way.
func reserve(*os.File, int64, int64) error { return nil }

// full tells a full disk from other troubles. (112 is what Windows
// says.)
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.Errno(112))
}
