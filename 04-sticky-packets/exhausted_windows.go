package sticky

import (
	"errors"

	"golang.org/x/sys/windows"
)

// exhausted reports whether Accept failed for want of sockets or memory:
// it will pass, and the caller still waits in the queue.
func exhausted(err error) bool {
	return errors.Is(err, windows.WSAEMFILE) || errors.Is(err, windows.WSAENOBUFS)
}
