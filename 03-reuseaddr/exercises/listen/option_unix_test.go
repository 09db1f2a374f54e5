//go:build unix

package listen_test

import "syscall"

// reuseaddr asks the kernel for the option of a socket.
func reuseaddr(fd uintptr) (int, error) {
	return syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR)
}
