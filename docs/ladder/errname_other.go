//go:build !unix && !windows

package ladder

import "syscall"

// errnoName is missing on this system: errors keep their text.
func errnoName(syscall.Errno) string { return "" }
