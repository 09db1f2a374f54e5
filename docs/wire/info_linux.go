package wire

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Ask reads TCP_INFO of a connection, which takes no privilege.
func Ask(conn syscall.Conn) (Counts, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Counts{}, err
	}
	var info *unix.TCPInfo
	var failed error
	if err := raw.Control(func(fd uintptr) {
		info, failed = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); err != nil {
		return Counts{}, err
	}
	if failed != nil {
		return Counts{}, failed
	}
	return Counts{
		Out: int(info.Segs_out), In: int(info.Segs_in), DataOut: int(info.Data_segs_out), DataIn: int(info.Data_segs_in),
		Again: int(info.Total_retrans), RoundTrip: time.Duration(info.Rtt) * time.Microsecond, Window: int(info.Snd_wnd),
	}, nil
}

// ReadBuffer says how much each connection that a listener accepts has room
// for. Once accepted it is too late: its window is open already.
func ReadBuffer(ln syscall.Conn, bytes int) error {
	raw, err := ln.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
	})
	return errors.Join(err, failed)
}
