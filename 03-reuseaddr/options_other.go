//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package reuseaddr

import (
	"errors"
	"runtime"
)

// On Windows a listener can restart at once, without any option: TIME_WAIT
// does not stop bind. There SO_REUSEADDR means another thing: it lets any
// program bind a port that another listens on. So Go leaves it off, and so
// does this lesson. On other systems the options are not tried.
func (o Options) set(uintptr) error {
	switch {
	case runtime.GOOS != "windows" && o != Options{}:
		return errors.New("this lesson sets no socket options on " + runtime.GOOS + "; leave them at default")
	case o.ReuseAddr == On:
		return errors.New("on Windows SO_REUSEADDR would let any program take over a port in use; leave it out: a restart needs no option here")
	case o.ReusePort == On:
		return errors.New("there is no SO_REUSEPORT on Windows: two servers cannot share a port here")
	}
	return nil
}
