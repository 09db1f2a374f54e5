//go:build unix

package basic

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// A handset is a net.Listener: three methods are all it takes.
type handset struct {
	*os.File // whose Close switches the phone off
	addr     net.Addr
}

// Addr is the number at which the phone can be called.
func (h *handset) Addr() net.Addr { return h.addr }

// Accept picks up: it takes the first caller off the accept queue, and
// waits while the queue is empty. Close wakes it: net.ErrClosed.
func (h *handset) Accept() (net.Conn, error) {
	raw, err := h.SyscallConn()
	if err != nil {
		return nil, h.failed(net.ErrClosed)
	}
	var caller int
	var acceptErr error
	// Read calls the function when somebody may be in the queue, and
	// again whenever somebody new is, until it says that it is done.
	err = raw.Read(func(fd uintptr) (done bool) {
		for {
			caller, _, acceptErr = unix.Accept(int(fd))
			// Neither a signal nor a caller who gave up is a failure.
			if acceptErr != unix.EINTR && acceptErr != unix.ECONNABORTED {
				return acceptErr != unix.EAGAIN
			}
		}
	})
	switch {
	case err != nil:
		return nil, h.failed(net.ErrClosed)
	case acceptErr != nil:
		return nil, h.failed(os.NewSyscallError("accept", acceptErr))
	}
	unix.CloseOnExec(caller)
	// FileConn makes a copy of the descriptor; ours is then spare.
	file := os.NewFile(uintptr(caller), "call")
	defer file.Close()
	return net.FileConn(file)
}

func (h *handset) failed(err error) error {
	return &net.OpError{Op: "accept", Net: "tcp", Addr: h.addr, Err: err}
}
