//go:build unix

package basic

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Backlog is the source's listen(5): how many connections may wait in the
// accept queue. Linux admits one more, and caps it at net.core.somaxconn.
const Backlog = 5

// ListenByHand is net.Listen taken apart: the system calls that the source
// makes, one by one, IPv4 only as there. It returns a listener like any
// other: the servers of this lesson run on it unchanged.
func ListenByHand(network, addr string) (net.Listener, error) {
	ip, err := net.ResolveTCPAddr(network, addr)
	switch {
	case err != nil:
		return nil, err
	case network == "tcp6" || ip.IP != nil && ip.IP.To4() == nil:
		return nil, fmt.Errorf("listen %s %s: not IPv4, and -by-hand speaks nothing else", network, addr)
	}
	fd, err := listenFD(ip)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: ip, Err: err}
	}
	// Go waits in its poller, not in the system call: for that the
	// descriptor must not block, and NewFile must know.
	unix.SetNonblock(fd, true)
	return &listener{os.NewFile(uintptr(fd), "listener"), localAddr(fd)}, nil
}

// listenFD returns the descriptor of a socket that listens: the number by
// which the kernel knows it.
func listenFD(addr *net.TCPAddr) (fd int, err error) {
	// socket: buy a phone.
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	unix.CloseOnExec(fd) // a program that we start must not inherit it
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()

	// setsockopt, before bind: lesson 3 is about this one line.
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err != nil {
		return -1, os.NewSyscallError("setsockopt", err)
	}

	// bind: insert the SIM. Now the phone has a number.
	name := &unix.SockaddrInet4{Port: addr.Port}
	copy(name.Addr[:], addr.IP.To4())
	if err = unix.Bind(fd, name); err != nil {
		return -1, os.NewSyscallError("bind", err)
	}

	// listen: power on. From here the kernel answers the calls.
	if err = unix.Listen(fd, Backlog); err != nil {
		return -1, os.NewSyscallError("listen", err)
	}
	return fd, nil
}

// localAddr is getsockname: with port 0 it was bind that chose one.
func localAddr(fd int) net.Addr {
	name, err := unix.Getsockname(fd)
	if name, ok := name.(*unix.SockaddrInet4); ok && err == nil {
		return &net.TCPAddr{IP: name.Addr[:], Port: name.Port}
	}
	return &net.TCPAddr{}
}
