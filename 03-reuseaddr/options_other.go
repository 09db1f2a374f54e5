//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package reuseaddr

import (
	"errors"
	"runtime"
)

// The options of this lesson are not tried on this system.
func (o Options) set(uintptr) error {
	if o != (Options{}) {
		return errors.New("this lesson sets no socket options on " + runtime.GOOS + "; leave them at default")
	}
	return nil
}
