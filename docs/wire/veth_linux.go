package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// end is one end of the line: a network namespace in which there is nothing
// but a cable, and that leads to the exchange.
type end struct {
	addr netip.Addr
	ns   *os.File
}

// on runs f on a thread of its own, and first. The thread is never unlocked:
// it ends with the goroutine, so no other gets one in a strange namespace.
func on(first, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := first()
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// in runs f there. A socket stays where it was made.
func (e end) in(f func() error) error {
	return on(func() error { return os.NewSyscallError("setns", unix.Setns(int(e.ns.Fd()), unix.CLONE_NEWNET)) }, f)
}

// mac is the hardware address of both ends. So each takes what the other
// sends, and nobody need ask for addresses (ARP).
var mac = [8]byte{2, 0, 0, 0, 0, 1}

// newEnd makes a namespace, and a cable to it that is called name here.
func newEnd(name string, addr netip.Addr) (e end, err error) {
	e.addr = addr
	err = on(func() error { return os.NewSyscallError("unshare", unix.Unshare(unix.CLONE_NEWNET)) }, func() (err error) {
		e.ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err == nil {
		err = veth(name, "line", int(e.ns.Fd()))
	}
	if err == nil {
		err = e.in(func() error { return number("line", addr) })
	}
	return e, err
}

// number switches an interface on, under an address of a network of 256, and
// has the kernel do all that it would leave to a network card.
func number(name string, addr netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	calm()
	const setChecksum = 0x17 // ETHTOOL_STXCSUM
	if err := errors.Join(request.SetInet4Addr(addr.AsSlice()), unix.IoctlIfreq(fd, unix.SIOCSIFADDR, request)); err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_NOARP)
	return errors.Join(unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request), NoOffload(fd, name), turnOff(fd, name, setChecksum))
}

// veth lays a cable: one end is called near, and here; the other far, and in
// the namespace ns, where it is yet to be switched on.
func veth(near, far string, ns int) error {
	device := func(flags uint32) []byte { // an ifinfomsg
		info := unix.IfInfomsg{Flags: flags, Change: flags}
		return unsafe.Slice((*byte)(unsafe.Pointer(&info)), unix.SizeofIfInfomsg)
	}
	text := func(s string) []byte { return append([]byte(s), 0) }
	const peerOf = 1 // VETH_INFO_PEER
	peer := join(device(unix.IFF_NOARP), attribute(unix.IFLA_IFNAME, text(far)), attribute(unix.IFLA_ADDRESS, mac[:6]),
		attribute(unix.IFLA_NET_NS_FD, binary.NativeEndian.AppendUint32(nil, uint32(ns))))
	link := join(attribute(unix.IFLA_INFO_KIND, text("veth")), attribute(unix.IFLA_INFO_DATA, attribute(peerOf, peer)))
	return ask(unix.RTM_NEWLINK, join(device(unix.IFF_UP|unix.IFF_NOARP), attribute(unix.IFLA_IFNAME, text(near)), attribute(unix.IFLA_LINKINFO, link)))
}

// attribute is a length, a kind and a value, filled up to words of 4 bytes.
func attribute(kind int, value []byte) []byte {
	p := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	p = append(binary.NativeEndian.AppendUint16(p, uint16(kind)), value...)
	return append(p, make([]byte, -len(p)&3)...)
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// ask has the kernel do what the message says, over netlink.
func ask(kind uint16, body []byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	head := unix.NlMsghdr{Len: uint32(unix.SizeofNlMsghdr + len(body)), Type: kind, Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | unix.NLM_F_CREATE | unix.NLM_F_EXCL}
	message := append(unsafe.Slice((*byte)(unsafe.Pointer(&head)), unix.SizeofNlMsghdr), body...)
	if err := unix.Sendto(fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil || n < unix.SizeofNlMsghdr+4 {
		return fmt.Errorf("netlink: %d bytes: %w", n, err)
	}
	if errno := -int32(binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:])); errno != 0 {
		return fmt.Errorf("lay a cable (veth): %w", unix.Errno(errno))
	}
	return nil
}
