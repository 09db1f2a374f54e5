package resumable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

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
	if err != nil {
		return nil, errors.New("another server is using it; choose another -dir")
	}
	return os.NewFile(uintptr(h), "lock"), nil
}
