package reuseaddr

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// TakeOver turns new clients away from an old server. Where ln and one
// older listener share an address (ReusePort), every new client goes to
// the newer of the two from now on; one that is left alone gets all. So
// call it on each server of a chain of restarts, and only then stop the
// old one: its queue grows no more, it answers it, and no client is lost.
func TakeOver(ln net.Listener) error {
	socket, ok := ln.(syscall.Conn)
	if !ok {
		return os.NewSyscallError("setsockopt", unix.ENOTSOCK)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	// The kernel keeps the listeners of an address in a row, the oldest
	// first, and lets a small program (BPF) choose one instead of a hash.
	// Ours says: number 1. If there is but one, number 0, it has no say.
	newest := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1}
	program := unix.SockFprog{Len: 1, Filter: &newest}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET,
			unix.SO_ATTACH_REUSEPORT_CBPF, &program)
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt", failed)
}
