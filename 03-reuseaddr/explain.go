package reuseaddr

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Explain adds to an error of Listen or of a dialer what stands behind it:
// who holds the address, and what to do next. Where it knows nothing, err
// stays as it is.
func Explain(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok {
		return err
	}
	call, _ := errors.AsType[*os.SyscallError](err)
	bind := call != nil && call.Syscall == "bind"
	var hint string
	switch {
	case op.Op == "listen" && bind:
		hint = explainBind(err, op.Addr, "-addr 127.0.0.1:0 picks a free port",
			"; to restart at once next time, set SO_REUSEADDR at both servers")
	case op.Op == "dial" && bind:
		// What bind refuses is where we dial from, not whom we dial.
		hint = explainBind(err, op.Source, "-from :0 leaves it to the system", "")
	case op.Op == "dial" && isAny(err, syscall.EADDRNOTAVAIL, windows+49) && isIPv4(op.Addr):
		// A machine without IPv6 says the same of every IPv6 address.
		hint = noneLeft
	case op.Op == "dial":
		hint = "is the server running? make server-3"
	default:
		return err
	}
	return fmt.Errorf("%w; %s", err, hint)
}

const noneLeft = "no free port is left (ip_local_port_range; a closed connection keeps its own for 60 s): wait, or make fewer connections"

func isIPv4(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.To4() != nil
}

// explainBind says who has addr, if anybody; else it gives the way out.
func explainBind(err error, addr net.Addr, wayOut, nextTime string) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !InUse(err) {
		return wayOut
	}
	if tcp.Port == 0 {
		return noneLeft
	}
	sockets, _ := Sockets(uint16(tcp.Port))
	who, gone := whoHolds(At(sockets, tcp.AddrPort()), os.Geteuid())
	switch {
	case gone != "":
		return "no program holds it any more: " + gone + "; wait, or " + wayOut + nextTime
	case who != "":
		return "it is held by " + who + "; stop it, or " + wayOut
	}
	return wayOut
}

// whoHolds tells user me who has the sockets or, where no program has them
// any more, what they are. Both are empty where that cannot be seen.
func whoHolds(sockets []Socket, me int) (who, gone string) {
	var names []string
	owners := Owners(sockets)
	for _, s := range sockets {
		for _, owner := range owners[s.Inode] {
			if !slices.Contains(names, owner.String()) {
				names = append(names, owner.String())
			}
		}
	}
	if len(names) > 0 {
		return strings.Join(names, " and "), ""
	}
	var last Socket // the one that stays longest
	for _, s := range sockets {
		switch {
		case s.Inode != 0 && s.UID != me && me != 0:
			return fmt.Sprintf("a program of user %d, which this one may not look at", s.UID), ""
		case s.Inode != 0:
			return "", "" // it was closed just now, or is in a container
		case s.Left >= last.Left:
			last = s
		}
	}
	if len(sockets) == 0 {
		return "", ""
	}
	return "", fmt.Sprintf("closed connections: %d, the last in %v for %.0f s", len(sockets), last.State, last.Left.Seconds())
}
