package reuseaddr

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

// hexAddr writes an address as this machine's kernel would.
func hexAddr(addr string) string {
	a := netip.MustParseAddrPort(addr)
	out, ip := "", a.Addr().AsSlice()
	for ; len(ip) > 0; ip = ip[4:] {
		out += fmt.Sprintf("%08X", binary.NativeEndian.Uint32(ip))
	}
	return fmt.Sprintf("%s:%04X", out, a.Port())
}

const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

func row(local, remote, rest string) string {
	return fmt.Sprintf("   0: %s %s %s\n", hexAddr(local), hexAddr(remote), rest)
}

func TestParseTable(t *testing.T) {
	got, err := ParseTable(strings.NewReader(heading+
		row("127.0.0.1:8080", "0.0.0.0:0", "0A 00000000:00000006 00:00000000 00000000  1000        0 36074 1 0000 100 0 0 10 0")+
		row("192.0.2.2:61000", "203.0.113.80:443", "01 00000010:00001000 02:00000B8A 00000000     0        0 16777 3 0000 20 4 0 32 -1")+
		row("192.0.2.2:8080", "192.0.2.9:50000", "06 00000000:00000000 03:00001748 00000000     0        0 0 3 0000")+
		row("[::1]:8080", "[2001:db8::7]:9", "0C 00000000:00000000 01:00000064 00000000     0        0 0 1 0000")+
		row("[::ffff:127.0.0.1]:80", "[::]:0", "FF 00000000:00000000 09:00000000 00000000     0        0 7 1 0000")), 0)
	require.NoError(t, err)
	addr := netip.MustParseAddrPort
	want := []Socket{
		{Local: addr("127.0.0.1:8080"), Remote: addr("0.0.0.0:0"), State: Listening, RecvQ: 6, UID: 1000, Inode: 36074},
		{Local: addr("192.0.2.2:61000"), Remote: addr("203.0.113.80:443"), State: Established, Timer: 2,
			Left: 29540 * time.Millisecond, SendQ: 16, RecvQ: 4096, Inode: 16777},
		{Local: addr("192.0.2.2:8080"), Remote: addr("192.0.2.9:50000"), State: TimeWait, Timer: 3, Left: 59600 * time.Millisecond},
		{Local: addr("[::1]:8080"), Remote: addr("[2001:db8::7]:9"), State: 12, Timer: 1, Left: time.Second},
		{Local: addr("[::ffff:127.0.0.1]:80"), Remote: addr("[::]:0"), State: 255, Timer: 9, Inode: 7},
	}
	require.Empty(t, cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})))

	var names []string
	for _, s := range got {
		names = append(names, fmt.Sprint(s.State, " ", s.Timer))
	}
	require.Equal(t, []string{"LISTEN off", "ESTABLISHED keepalive", "TIME_WAIT timewait", "NEW_SYN_RECV on", "state 255 timer 9"}, names)
}

// The order of the bytes, on the machines that nearly everybody has.
func TestAddressesAreTurnedRound(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("this machine is big-endian: its kernel prints addresses in their own order")
	}
	require.Equal(t, "127.0.0.1:8080", address([]byte{1, 0, 0, 127}, 8080).String())
	require.Equal(t, "[2001:db8::7]:9", address([]byte{0xB8, 0x0D, 1, 0x20, 12: 7, 15: 0}, 9).String())
}

func TestBadTables(t *testing.T) {
	good := row("127.0.0.1:8080", "0.0.0.0:0", "0A 00000000:00000000 00:00000000 00000000 0 0 36074")
	for line, want := range map[string]string{
		"what is this":                                   `line 3: expected integer: "what is this"`,
		strings.Replace(good, "0A ", "XX ", 1):           `line 3: expected integer: "   0: `,
		strings.Replace(good, "36074", "-1", 1):          `line 3: expected integer`,
		strings.Replace(good, ":1F90", ":11F90", 1):      `line 3: unsigned integer overflow on token 11F90`,
		strings.Replace(good, ":1F90", "", 1):            `line 3: input does not match format`,
		strings.Replace(good, "0000", "", 1):             `line 3: an address has 4 or 16 bytes`, // 0100007F, or 7F000001
		strings.Replace(good, "0A 00000000:0", "0A ", 1): `line 3: `,
	} {
		_, err := ParseTable(strings.NewReader(heading+good+line), 0)
		require.ErrorContains(t, err, want)
	}
	_, err := ParseTable(io.MultiReader(strings.NewReader(heading), iotest.ErrReader(io.ErrUnexpectedEOF)), 0)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	none, err := ParseTable(strings.NewReader(""), 0)
	require.NoError(t, err)
	require.Empty(t, none)
}

// Any text gives rows or an error, never a panic.
func FuzzParseTable(f *testing.F) {
	f.Add(heading + row("127.0.0.1:8080", "[::1]:1", "0A 00000000:00000000 00:00000000 00000000 0 0 36074"))
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := ParseTable(strings.NewReader(text), 0)
		if err == nil {
			require.LessOrEqual(t, len(rows), strings.Count(text, "\n")+1)
		}
	})
}

// The queues: callers not yet accepted, and bytes not yet read.
func TestQueues(t *testing.T) {
	needTable(t)
	ln := listen(t, loopback(), Options{})
	var client net.Conn
	for range 3 {
		client = dial(t, ln, nil)
	}
	_, err := client.Write([]byte("hello"))
	require.NoError(t, err)

	all := &net.TCPAddr{IP: net.IPv4zero}
	waitFor(t, func() bool {
		heard := find(t, client.RemoteAddr(), client.LocalAddr())
		return len(heard) == 1 && heard[0].RecvQ == 5 && heard[0].State == Established
	})
	require.EqualValues(t, 3, find(t, ln.Addr(), all)[0].RecvQ)
	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	require.EqualValues(t, 2, find(t, ln.Addr(), all)[0].RecvQ)
}

// IPv6 is in a table of its own; a wildcard there is in the way of IPv4.
func TestIPv6(t *testing.T) {
	needTable(t)
	ln, err := Listen(t.Context(), "[::1]:0", Options{})
	if err != nil {
		t.Skip("no IPv6 on this machine: ", err)
	}
	defer ln.Close()
	got := find(t, ln.Addr(), &net.TCPAddr{IP: net.IPv6zero})
	require.Len(t, got, 1)
	require.Equal(t, Listening, got[0].State)

	wild := Socket{Local: netip.MustParseAddrPort("[::]:8080")}
	mapped := Socket{Local: netip.MustParseAddrPort("[::ffff:127.0.0.1]:8080")}
	other := Socket{Local: netip.MustParseAddrPort("127.0.0.2:8080")}
	found := At([]Socket{wild, mapped, other}, netip.MustParseAddrPort("127.0.0.1:8080"))
	require.Equal(t, []Socket{wild, mapped}, found)
}
