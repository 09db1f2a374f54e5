package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Tap hears what leaves through one interface. A packet on loopback passes
// twice, out and in; only the first time counts.
type Tap struct {
	file     *os.File
	index    int
	order    uint16 // the protocol, in the order of the network
	in       bool   // what comes in is heard, else what goes out
	raw      syscall.RawConn
	buf, oob []byte
}

// Open listens in on an interface of this process's own network.
func Open(name string) (*Tap, error) { return open(name, unix.ETH_P_ALL) }

// open listens to packets of one protocol. If that is not all, only those
// that come in are heard.
func open(name string, protocol uint16) (*Tap, error) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	order := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol))
	// Without a protocol it hears nothing until it is bound; with one, every interface.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket(AF_PACKET)", err)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 64<<20) // as much as one may
	}
	if protocol != unix.ETH_P_ALL {
		// What is sent goes to the cable itself. The queue in front of it is for some
		// time one that discards: until the kernel has noticed that both ends are on.
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1)
	}
	if err := errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: order, Ifindex: iface.Index}),
	); err != nil {
		unix.Close(fd)
		return nil, err
	}
	t := &Tap{file: os.NewFile(uintptr(fd), name), index: iface.Index, order: order, in: protocol != unix.ETH_P_ALL, buf: make([]byte, 1<<18), oob: make([]byte, 64)}
	t.raw, err = t.file.SyscallConn()
	return t, err
}

// Next waits for a packet until then; none in time is os.ErrDeadlineExceeded.
func (t *Tap) Next(until time.Time) (Packet, error) {
	if err := t.file.SetReadDeadline(until); err != nil {
		return Packet{}, err
	}
	for {
		var n, control int
		var from unix.Sockaddr
		var failed error
		err := t.raw.Read(func(fd uintptr) bool {
			n, control, _, from, failed = unix.Recvmsg(int(fd), t.buf, t.oob, 0)
			return failed != unix.EAGAIN
		})
		if err := errors.Join(err, failed); err != nil && failed != unix.EINTR {
			return Packet{}, err
		}
		if from, ok := from.(*unix.SockaddrLinklayer); ok && (from.Pkttype == unix.PACKET_OUTGOING || t.in) {
			return Packet{At: sent(t.oob[:control]), Data: bytes.Clone(t.buf[:n])}, nil
		}
	}
}

// sent is the kernel's time stamp.
func sent(control []byte) time.Time {
	messages, _ := unix.ParseSocketControlMessage(control)
	for _, m := range messages {
		switch order := binary.NativeEndian; len(m.Data) { // seconds and nanoseconds
		case 16:
			return time.Unix(int64(order.Uint64(m.Data)), int64(order.Uint64(m.Data[8:])))
		case 8: // 32 bits
			return time.Unix(int64(order.Uint32(m.Data)), int64(order.Uint32(m.Data[4:])))
		}
	}
	return time.Now()
}

// Lost counts the packets that came faster than Next was called.
func (t *Tap) Lost() int {
	lost := 0
	t.raw.Control(func(fd uintptr) {
		if stats, err := unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			lost = int(stats.Drops)
		}
	})
	return lost
}

// Close ends it; Next returns.
func (t *Tap) Close() error { return t.file.Close() }
