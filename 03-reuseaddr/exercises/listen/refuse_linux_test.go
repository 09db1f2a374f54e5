//go:build linux && (amd64 || arm64)

package listen_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notice and answer are struct seccomp_notif and struct seccomp_notif_resp
// of linux/seccomp.h.
type notice struct {
	id         uint64
	pid, flags uint32
	nr         int32
	arch       uint32
	pc         uint64
	args       [6]uint64
}

type answer struct {
	id    uint64
	val   int64
	err   int32
	flags uint32
}

// refusing runs f on a thread where setsockopt(SO_REUSEADDR, 0) fails with
// errno, and reports how often it did. The 1 that Go itself sets
// passes: a seccomp filter sends each setsockopt of the thread to a
// goroutine, which looks at the value. An error says that this cannot be
// done here, and f was not run. f's goroutine must not be used for anything
// else: its thread ends with it, and the filter with the thread.
func refusing(errno syscall.Errno, f func()) (times int, err error) {
	runtime.LockOSThread() // and never unlocked
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_SETSOCKOPT, Jf: 1},
		{Code: unix.BPF_RET, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		return 0, err
	}
	// What lets a process without privileges have a filter; the thread's alone.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("no_new_privs: %w", err)
	}
	fd, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	if failed != 0 {
		return 0, fmt.Errorf("seccomp: %w", failed)
	}
	var refused atomic.Int64
	go func() {
		defer memory.Close()
		defer unix.Close(int(fd))
		for {
			ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			if _, err := unix.Poll(ready, -1); errors.Is(err, unix.EINTR) {
				continue
			} else if err != nil || ready[0].Revents&unix.POLLIN == 0 {
				return // the thread is gone
			}
			var call notice
			if _, _, failed := unix.Syscall(unix.SYS_IOCTL, fd, unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&call))); failed != 0 {
				continue // a signal took it back, it comes again
			}
			value := make([]byte, 4)
			_, err := memory.ReadAt(value, int64(call.args[3]))
			say := answer{id: call.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
			if err == nil && call.args[1] == unix.SOL_SOCKET && call.args[2] == unix.SO_REUSEADDR &&
				binary.NativeEndian.Uint32(value) == 0 {
				say = answer{id: call.id, err: -int32(errno)}
				refused.Add(1)
			}
			unix.Syscall(unix.SYS_IOCTL, fd, unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&say)))
		}
	}()
	f()
	return int(refused.Load()), nil
}
