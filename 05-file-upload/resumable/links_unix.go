//go:build unix

package resumable

import (
	"io/fs"
	"os"
	"syscall"
)

// published says whether an unfinished file, name, has a second name:
// then it is finished, and a kill came between Link and Remove. Never
// write into it: the bytes are those of the published file too, even
// where somebody has moved that meanwhile.
func published(_ *os.Root, _ string, info fs.FileInfo) bool {
	is, ok := info.Sys().(*syscall.Stat_t)
	return ok && is.Nlink > 1
}
