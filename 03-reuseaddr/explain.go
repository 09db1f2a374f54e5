package reuseaddr

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Explain makes of an address that cannot be had, at Listen or at a
// dialer, a line for people: who holds it, and what to do. errors.Is finds
// nothing in that line any more. Any other error, and one it can say no
// more about, stays as it is.
func Explain(err error) error {
	op, _ := errors.AsType[*net.OpError](err)
	call, _ := errors.AsType[*os.SyscallError](err)
	if op == nil || call == nil {
		return err
	}
	addr, flag := op.Addr, "-addr 127.0.0.1:0"
	if op.Op == "dial" {
		// A machine without IPv6 says the same of every IPv6 address.
		to, _ := op.Addr.(*net.TCPAddr)
		if notAvailable(err) && call.Syscall == "connect" && to != nil && to.IP.To4() != nil {
			return noneLeft("call "+to.String()+" from", "make fewer calls")
		}
		// What bind refuses is where we call from, not whom we call.
		addr, flag = op.Source, "-from 127.0.0.1:0"
	}
	tcp, _ := addr.(*net.TCPAddr)
	switch {
	case tcp == nil:
		return err
	case InUse(err) && tcp.Port != 0:
		return taken(tcp, err, op.Op, flag)
	case InUse(err) && op.Op == "dial":
		return noneLeft("call from", "make fewer calls")
	case InUse(err):
		return noneLeft("listen at", "choose one outside of that range: -addr 127.0.0.1:8080")
	case notAvailable(err) && op.Op == "dial":
		return fmt.Errorf("-from %v is not an address of this machine; -from :0 leaves it to the system", tcp)
	case errors.Is(err, fs.ErrPermission) && op.Op == "dial":
		return fmt.Errorf("-from %v: not permitted (ports below 1024 are privileged); choose another: %s", tcp, flag)
	}
	return err
}

func noneLeft(to, or string) error {
	return fmt.Errorf("no free port left to %s (ip_local_port_range; ended calls keep theirs for 60 s): wait, or %s", to, or)
}

// taken says who has addr, or err where nothing is known of him.
func taken(addr *net.TCPAddr, err error, op, flag string) error {
	later := ""
	if op == "listen" {
		later = "; to restart at once next time, set SO_REUSEADDR at both servers"
	}
	sockets, unseen := Sockets(uint16(addr.Port))
	who, gone := whoHolds(At(sockets, bindAddr(addr)), os.Geteuid())
	switch {
	case unseen == nil && gone != "":
		return fmt.Errorf("%v is taken by no program any more: %s; wait, or choose another: %s%s", addr, gone, flag, later)
	case unseen == nil && who != "":
		return fmt.Errorf("%v is taken by %s; stop it or choose another: %s", addr, who, flag)
	case op == "dial":
		return fmt.Errorf("-from %v is taken; choose another: %s", addr, flag)
	}
	return err
}

// bindAddr is what bind makes of addr: no host at all is the wildcard.
func bindAddr(addr *net.TCPAddr) netip.AddrPort {
	ip, ok := netip.AddrFromSlice(addr.IP)
	if !ok {
		ip = netip.IPv6Unspecified()
	}
	return netip.AddrPortFrom(ip, uint16(addr.Port))
}

// whoHolds says to user me who has the sockets or, where nobody is left
// who has them, what they are. Neither: that cannot be seen.
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
			return fmt.Sprintf("a program of user %d that this one may not look at", s.UID), ""
		case s.Inode != 0:
			return "", "" // it has let go just now, or lives in a container
		case s.Left >= last.Left:
			last = s
		}
	}
	if len(sockets) == 0 {
		return "", ""
	}
	return "", fmt.Sprintf("ended calls: %d, the last in %v for %.0f s", len(sockets), last.State, last.Left.Seconds())
}
