package store_test

import (
	"bytes"
	"encoding/binary"
	"syscall"
	"testing"

	"example.com/dialtone/docs/grade"
)

// watch gives a function that tells what has become of name in dir since.
func watch(t *testing.T, dir, name string) (steps func() []string) {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err == nil {
		t.Cleanup(func() { syscall.Close(fd) })
		_, err = syscall.InotifyAddWatch(fd, dir, syscall.IN_CREATE|syscall.IN_MOVED_TO|syscall.IN_MODIFY)
	}
	if err != nil {
		t.Skip("the kernel tells nothing about folders here: ", err)
	}
	return func() (steps []string) {
		t.Helper()
		notes := make([]byte, 64<<10)
		n, err := syscall.Read(fd, notes)
		if err == syscall.EAGAIN {
			return nil // nothing
		}
		grade.Must(t, err)
		for notes = notes[:n]; len(notes) > 0; {
			var note syscall.InotifyEvent
			size, err := binary.Decode(notes, binary.NativeEndian, &note)
			grade.Must(t, err)
			about, _, _ := bytes.Cut(notes[size:size+int(note.Len)], []byte{0})
			notes = notes[size+int(note.Len):]
			switch {
			case string(about) != name:
			case note.Mask&syscall.IN_MOVED_TO != 0:
				steps = append(steps, renamed)
			case note.Mask&syscall.IN_MODIFY != 0:
				steps = append(steps, written)
			default:
				steps = append(steps, linked)
			}
		}
		return steps
	}
}
