//go:build unix

package basic

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// A listener is a net.Listener: three methods are all it takes.
type listener struct {
	*os.File // its Close is the listener's
	addr     net.Addr
}

// Addr is the address on which it listens.
func (l *listener) Addr() net.Addr { return l.addr }

// Accept takes the first connection from the accept queue, and waits
// while the queue is empty. Close wakes it: net.ErrClosed.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.SyscallConn()
	if err != nil {
		return nil, l.failed(net.ErrClosed)
	}
	var fd int
	var acceptErr error
	// Read calls the function when the queue may hold a connection, and
	// again whenever one arrives, until it says that it is done.
	err = raw.Read(func(listenFD uintptr) (done bool) {
		for {
			fd, _, acceptErr = unix.Accept(int(listenFD))
			// EINTR: a signal came in between. ECONNABORTED: the client
			// has given up already. Neither is a failure.
			if acceptErr != unix.EINTR && acceptErr != unix.ECONNABORTED {
				// EAGAIN: the queue is empty; wait.
				return acceptErr != unix.EAGAIN
			}
		}
	})
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, l.failed(err)
	case err != nil:
		return nil, l.failed(net.ErrClosed)
	case acceptErr != nil:
		return nil, l.failed(os.NewSyscallError("accept", acceptErr))
	}
	unix.CloseOnExec(fd)
	// FileConn makes a copy of the descriptor; ours is then spare.
	file := os.NewFile(uintptr(fd), "conn")
	defer file.Close()
	return net.FileConn(file)
}

func (l *listener) failed(err error) error {
	return &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: err}
}
