package resumable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"

	upload "example.com/dialtone/05-file-upload"
)

// lock takes the folder for this program, by a file that nobody else
// may open as long as this program has it. Windows closes it when the
// program ends, however it ends.
func lock(root *os.Root) (io.Closer, error) {
	name, err := syscall.UTF16PtrFromString(filepath.Join(root.Name(), upload.Waiting, "lock"))
	if err != nil {
		return nil, err
	}
	const shareNothing = 0
	h, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, shareNothing, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, errors.New("another server is using it; choose another -dir")
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), "lock"), nil
}

// writable is nil: Windows says so when the name is made.
func (f *Folder) writable() error { return nil }

// published says whether an unfinished file, name, has a second name:
// see system_unix.go. Windows tells how many it has of an open file
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
