// Package states is an exercise: what the sockets of a port are doing.
package states

import "io"

// Count counts the sockets whose local port is port, by their state. Table
// is the text of Linux's /proc/net/tcp or /proc/net/tcp6:
//
//	sl  local_address rem_address   st tx_queue rx_queue tr tm->when …
//	 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 …
//	 1: 0100007F:1F90 0100007F:D3E2 06 00000000:00000000 03:00001748 …
//
// For port 8080 (hexadecimal 1F90) that is {"LISTEN": 1, "TIME_WAIT": 1}.
//
//   - The first line is a heading, whatever it says. Every other line is a
//     socket: fields with any amount of space between them. The second is its
//     local address, the fourth its state; more fields follow or not.
//   - An address is in hexadecimal, 8 digits (IPv4) or 32 (IPv6), a colon,
//     and a port of 4 digits. Digits may be upper or lower case.
//   - The states are, from 01 to 0C: ESTABLISHED, SYN_SENT, SYN_RECV,
//     FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN,
//     CLOSING, NEW_SYN_RECV.
//   - A line that is not such a socket (fewer than four fields, no address
//     in the second, no state in the fourth) is an error, whatever its port.
//     The error has "line N" in it; the heading is line 1.
//   - An error of table itself comes back too: errors.Is finds it.
//   - With an error the map is nil. Without one it is not, though it may be
//     empty; a table may be long, may end without a newline, or have no line at all.
func Count(table io.Reader, port uint16) (map[string]int, error) {
	panic("not begun")
}
