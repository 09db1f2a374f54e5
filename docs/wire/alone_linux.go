package wire

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const inside = "DIALTONE_INSIDE"

// Inside says that this process was started by [Again].
func Inside() bool { return os.Getenv(inside) != "" }

// Again runs this program once more, with args, in a user and
// a network namespace of its own, and gives its exit code. An error says why
// that is not possible here; then nothing has been printed.
func Again(args ...string) (code int, err error) {
	me, err := os.Executable()
	if err != nil {
		return 0, err
	}
	var complaint strings.Builder
	again := exec.Command(me, args...)
	again.Env = append(os.Environ(), inside+"=1")
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, &complaint
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWNET | unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	if err := again.Start(); err != nil {
		var why syscall.Errno // "no space left on device": there may be no more of them
		if errors.As(err, &why) {
			err = why
		}
		return 0, fmt.Errorf("no user and network namespace: %w", err)
	}
	again.Wait() // Ctrl-C reaches it as well: it ends, and says how
	code = again.ProcessState.ExitCode()
	if code == Refused {
		return 0, errors.New(strings.TrimSpace(complaint.String()))
	}
	fmt.Fprint(os.Stderr, complaint.String())
	return code, nil
}

// Up switches on the loopback interface of a process that is [Inside]; with an
// mss, segments are no longer than that. A failure ends the process: Again
// has another answer then.
func Up(mss int) {
	if err := up(mss); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(Refused)
	}
}

func up(mss int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return err
	}
	if lo.Uint16()&unix.IFF_UP != 0 {
		return errors.New("this network is somebody else's: its loopback interface is up") // nobody is listened in on
	}
	calm()
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("switch on loopback: %w", err)
	}
	if mss == 0 {
		return nil
	}
	lo.SetUint32(uint32(mss + 40))
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFMTU, lo); err != nil {
		return fmt.Errorf("mtu of %d: %w", mss+40, err)
	}
	return NoOffload(fd, "lo")
}

// calm forbids this network tail loss probes, which send again what is only
// slow on a busy machine. Where the file may not be written, they are sent.
func calm() { os.WriteFile("/proc/sys/net/ipv4/tcp_early_retrans", []byte("0"), 0) }

// NoOffload makes the kernel itself cut what is longer than a segment, before
// the packets reach the interface. Any socket will do for fd.
func NoOffload(fd int, name string) error {
	const setTSO, setGSO = 0x1f, 0x24 // ETHTOOL_STSO, ETHTOOL_SGSO
	return errors.Join(turnOff(fd, name, setTSO), turnOff(fd, name, setGSO))
}

func turnOff(fd int, name string, command uint32) error {
	off := [2]uint32{command, 0}
	request := struct { // an ifreq
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&off)}
	copy(request.name[:], name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	runtime.KeepAlive(&off)
	if errno != 0 {
		return fmt.Errorf("offload %#x of %s: %w", command, name, errno)
	}
	return nil
}
