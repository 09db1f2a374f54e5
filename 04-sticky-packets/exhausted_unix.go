//go:build !windows

package sticky

import (
	"errors"
	"syscall"
)

// exhausted reports whether Accept failed for want of descriptors, in this
// process (EMFILE) or the whole system (ENFILE), or of memory: it will
// pass, and the caller still waits in the queue.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}
