package reuseaddr

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// ParseTable reads a table as in /proc/net/tcp and tcp6 (proc(5)). Its
// first line is a heading. A bad line is an error that gives its number.
// It skips the lines without port, unless that is 0: a busy server has
// tens of thousands.
func ParseTable(table io.Reader, port uint16) ([]Socket, error) {
	var rows []Socket
	mark := fmt.Appendf(nil, ":%04X ", port)
	lines := bufio.NewScanner(table)
	for n := 1; lines.Scan(); n++ {
		if n == 1 || port != 0 && !bytes.Contains(lines.Bytes(), mark) {
			continue
		}
		row, err := parseRow(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

// parseRow reads one line, all numbers but uid, timeout and inode in hex:
//
//	sl  local         remote        st tx:rx             tr:when     retrnsmt uid timeout inode
//	 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   0       0 36074 …
func parseRow(line string) (s Socket, err error) {
	var local, remote []byte
	var localPort, remotePort uint16
	var skip, hundredths uint32
	_, err = fmt.Sscanf(line, "%d: %x:%x %x:%x %x %x:%x %x:%x %x %d %d %d",
		&skip, &local, &localPort, &remote, &remotePort, &s.State, &s.SendQ, &s.RecvQ,
		&s.Timer, &hundredths, &skip, &s.UID, &skip, &s.Inode)
	if err == nil && (len(local) != len(remote) || len(local) != 4 && len(local) != 16) {
		err = errors.New("an address has 4 or 16 bytes")
	}
	if err != nil {
		return s, fmt.Errorf("%w: %.60q", err, line)
	}
	s.Local, s.Remote = address(local, localPort), address(remote, remotePort)
	// The kernel counts in hundredths of a second, whatever its clock.
	s.Left = time.Duration(hundredths) * time.Second / 100
	return s, nil
}

// address makes 127.0.0.1:8080 of 0100007F:1F90. The kernel holds an
// address as words of 4 bytes in network byte order, and prints each as if
// it were a number of its own: on most machines that turns it round.
func address(ip []byte, port uint16) netip.AddrPort {
	for i := 0; i < len(ip); i += 4 {
		binary.NativeEndian.PutUint32(ip[i:], binary.BigEndian.Uint32(ip[i:]))
	}
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr, port)
}
