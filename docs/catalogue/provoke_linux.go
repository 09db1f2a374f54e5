package catalogue

import (
	"errors"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// fullQueue dials a listener whose accept queue, made as short as can be, is
// full: the kernel drops the SYN and says nothing.
func fullQueue() error {
	return listening(func(ln *net.TCPListener) error {
		raw, err := ln.SyscallConn()
		if err != nil {
			return err
		}
		err = errors.Join(raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 0) }), err)
		if err != nil {
			return err
		}
		for range 5 { // the first fills it
			conn, err := net.DialTimeout("tcp", ln.Addr().String(), 200*time.Millisecond)
			if err != nil {
				return err
			}
			defer conn.Close()
		}
		return Skip("an accept queue of no length takes everybody here")
	})
}

// tooManyFiles accepts while this process may not open one descriptor more.
func tooManyFiles() error {
	return listening(func(ln *net.TCPListener) error {
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return err
		}
		defer client.Close()
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
		none := limit
		none.Cur = 0
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
			return err
		}
		defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
		return shut(ln.Accept())
	})
}

// lowPort listens on port 1 on a thread that has given up all privileges. The
// thread ends with it.
func lowPort() error {
	first, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if n, _ := strconv.Atoi(strings.TrimSpace(string(first))); err != nil || n <= 1 {
		return Skip("any user may listen on any port here")
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		var nothing [2]unix.CapUserData
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &nothing[0]); err != nil {
			result <- err
			return
		}
		result <- listen("127.0.0.1:1")
	}()
	return <-result
}
