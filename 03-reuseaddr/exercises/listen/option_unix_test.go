//go:build unix

package listen_test

import (
	"runtime"
	"syscall"
)

// getsockopt asks the kernel for options, by name. What a socket does not
// have is left out.
func getsockopt(fd uintptr) map[string]int {
	type option struct {
		name          string
		level, option int
	}
	options := []option{
		{"SO_REUSEADDR", syscall.SOL_SOCKET, syscall.SO_REUSEADDR},
		{"SO_KEEPALIVE", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE},
		{"SO_LINGER", syscall.SOL_SOCKET, syscall.SO_LINGER}, // 4 bytes of it: on or off
		{"SO_RCVBUF", syscall.SOL_SOCKET, syscall.SO_RCVBUF},
		{"SO_SNDBUF", syscall.SOL_SOCKET, syscall.SO_SNDBUF},
		{"TCP_NODELAY", syscall.IPPROTO_TCP, syscall.TCP_NODELAY},
		{"IPV6_V6ONLY", syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY},
	}
	if runtime.GOOS == "linux" {
		options = append(options, option{"TCP_KEEPIDLE", syscall.IPPROTO_TCP, 4})
	}
	values := map[string]int{}
	for _, o := range options {
		if value, err := syscall.GetsockoptInt(int(fd), o.level, o.option); err == nil {
			values[o.name] = value
		}
	}
	return values
}
