package patient_test

import (
	"errors"
	"net"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// powerless runs f on a thread without privileges: even for root, listening
// at addr is refused there. An error says that it is not, and f was not
// run. f's goroutine must not be used for anything else: its thread ends
// with it.
func powerless(addr string, f func()) error {
	runtime.LockOSThread() // and never unlocked
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capset(&header, &make([]unix.CapUserData, 2)[0]); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		ln.Close()
		return errors.New("anybody may listen at " + addr)
	case !errors.Is(err, syscall.EACCES):
		return err
	}
	f()
	return nil
}
