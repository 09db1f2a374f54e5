package reuseaddr

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
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

// parseRow reads one line, all numbers but uid and inode in hex:
//
//	sl  local         remote        st tx:rx             tr:when     retrnsmt uid timeout inode
//	 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   0       0 36074 …
func parseRow(line string) (s Socket, err error) {
	f := strings.Fields(line)
	if len(f) < 10 {
		return s, fmt.Errorf("%d fields, want at least 10: %.60q", len(f), line)
	}
	if s.Local, err = parseAddr(f[1]); err != nil {
		return s, err
	}
	if s.Remote, err = parseAddr(f[2]); err != nil {
		return s, err
	}
	tx, rx, _ := strings.Cut(f[4], ":")
	timer, when, _ := strings.Cut(f[5], ":")
	number := func(word string, base, bits int) (n uint64) {
		if err == nil {
			n, err = strconv.ParseUint(word, base, bits)
		}
		return n
	}
	s.State = State(number(f[3], 16, 8))
	s.SendQ = uint32(number(tx, 16, 32))
	s.RecvQ = uint32(number(rx, 16, 32))
	s.Timer = Timer(number(timer, 16, 8))
	// The kernel counts in hundredths of a second, whatever its clock.
	s.Left = time.Duration(number(when, 16, 32)) * time.Second / 100
	s.UID = int(number(f[7], 10, 32))
	s.Inode = number(f[9], 10, 64)
	return s, err
}

// parseAddr reads 0100007F:1F90, which is 127.0.0.1:8080. The kernel holds
// an address as words of 4 bytes in network byte order, and prints each as
// if it were a number of its own: on most machines that turns it round.
func parseAddr(word string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(word, ":")
	ip, err := hex.DecodeString(host)
	if err != nil || len(ip) != 4 && len(ip) != 16 {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address", word)
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address: port: %w", word, err)
	}
	for i := 0; i < len(ip); i += 4 {
		binary.NativeEndian.PutUint32(ip[i:], binary.BigEndian.Uint32(ip[i:]))
	}
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr, uint16(number)), nil
}
