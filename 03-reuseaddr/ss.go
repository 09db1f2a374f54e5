package reuseaddr

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"time"
)

// A State is a state of a TCP connection (RFC 9293, 3.3.2), numbered as
// in Linux's net/tcp_states.h.
type State uint8

const (
	Established State = 1
	TimeWait    State = 6
	Listening   State = 10
)

var states = [...]string{
	"?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
	"TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
	"NEW_SYN_RECV",
}

func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// A Timer is what a socket waits for; "on" is a retransmission.
type Timer uint8

func (t Timer) String() string {
	names := [...]string{"off", "on", "keepalive", "timewait", "persist"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("timer %d", uint8(t))
}

// A Socket is one row of /proc/net/tcp or tcp6.
type Socket struct {
	Local, Remote netip.AddrPort
	State         State
	Timer         Timer
	Left          time.Duration // until Timer ends, in steps of 10 ms
	// SendQ is bytes that the peer has not acknowledged. RecvQ is bytes
	// that the program has not read; at a listener, connections not accepted.
	SendQ, RecvQ uint32
	UID          int
	Inode        uint64 // 0: no program has the socket any more
}

// ErrNoTable is a system whose kernel does not show its sockets in /proc.
var ErrNoTable = errors.New("this system has no /proc/net/tcp: only Linux shows its sockets there")

// Sockets lists the TCP sockets that have port on either side, like ss
// -tan, IPv4 first; with port 0, all of this network namespace. Elsewhere
// than on Linux it is ErrNoTable.
func Sockets(port uint16) ([]Socket, error) {
	var all []Socket
	// Not /proc/net, which is the main thread's: this thread may be in
	// another network namespace.
	for _, table := range []string{"tcp", "tcp6"} {
		file, err := os.Open("/proc/thread-self/net/" + table)
		switch {
		case errors.Is(err, fs.ErrNotExist) && table == "tcp6":
			continue // a kernel without IPv6
		case errors.Is(err, fs.ErrNotExist):
			return nil, ErrNoTable
		case err != nil:
			return nil, err
		}
		rows, err := ParseTable(file, port)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// At picks the sockets whose local side is in the way of one that binds
// addr: the same port, and the same address or a wildcard on either side.
// To bind no host at all is the wildcard too.
func At(sockets []Socket, addr netip.AddrPort) []Socket {
	var found []Socket
	want := addr.Addr().Unmap()
	for _, s := range sockets {
		have := s.Local.Addr().Unmap()
		same := have == want || have.IsUnspecified() || want.IsUnspecified() || !want.IsValid()
		if same && s.Local.Port() == addr.Port() {
			found = append(found, s)
		}
	}
	return found
}
