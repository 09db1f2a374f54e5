//go:build !windows

package upload

import "syscall"

// What Accept may report that passes by itself: a caller who has left
// again, and no descriptor or memory to be had just now.
var passing = []error{
	syscall.ECONNABORTED, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
}
