//go:build !windows

package reuseaddr

import "syscall"

const outOfDescriptors = syscall.EMFILE
