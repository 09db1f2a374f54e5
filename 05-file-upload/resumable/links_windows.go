package resumable

import (
	"io/fs"
	"os"
	"syscall"
)

// published says whether an unfinished file, name, has a second name:
// see links_unix.go. Windows tells how many it has of an open file
// only.
func published(root *os.Root, name string, _ fs.FileInfo) bool {
	file, err := root.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	var is syscall.ByHandleFileInformation
	err = syscall.GetFileInformationByHandle(syscall.Handle(file.Fd()), &is)
	return err == nil && is.NumberOfLinks > 1
}
