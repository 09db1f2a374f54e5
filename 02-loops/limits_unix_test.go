//go:build unix

package loops

import (
	"os"
	"syscall"
	"testing"
)

// needDescriptors skips a test that opens more than the limit allows.
func needDescriptors(t testing.TB, n int) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Cur) < uint64(n) {
		t.Skipf("needs %d descriptors, the limit is %d: ulimit -n %d", n, limit.Cur, n)
	}
}

// descriptors counts what this process has open; 0 where that cannot be
// told.
func descriptors() int {
	open, _ := os.ReadDir("/proc/self/fd")
	return len(open)
}
