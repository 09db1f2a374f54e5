package reuseaddr

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Explain makes of "address already in use", from Listen or from a dialer
// with a port of its own, a line for people: who holds the address, and
// what to do. errors.Is finds nothing in that line any more. Any other
// error, and one it can say no more about, stays as it is.
func Explain(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || !InUse(err) {
		return err
	}
	taken, flag := op.Addr, "-addr 127.0.0.1:0"
	cure := "set SO_REUSEADDR at the old server and the new one, wait,"
	if op.Op == "dial" {
		// What was in use is where we call from, not whom we call.
		taken, flag, cure = op.Source, "-from 127.0.0.1:0", "wait"
	}
	tcp, ok := taken.(*net.TCPAddr)
	if !ok {
		return err
	}
	sockets, unseen := Sockets(uint16(tcp.Port))
	if unseen != nil {
		return err
	}
	if why := whoHolds(At(sockets, bindAddr(tcp)), cure); why != "" {
		return fmt.Errorf("%v is taken by %s or choose another: %s", tcp, why, flag)
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

// whoHolds says who has the sockets, and what can be done about it: stop
// him or, where there is nobody to stop, cure. "" if there are no sockets.
func whoHolds(sockets []Socket, cure string) string {
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
		return strings.Join(names, " and ") + "; stop it"
	}
	var last Socket // the one that stays longest
	for _, s := range sockets {
		switch {
		case s.Inode != 0:
			return fmt.Sprintf("a program of user %d that this one may not look at; stop it", s.UID)
		case s.Left >= last.Left:
			last = s
		}
	}
	if len(sockets) == 0 {
		return ""
	}
	return fmt.Sprintf("no program any more: ended calls: %d, the last in %v for %.0f s; %s",
		len(sockets), last.State, last.Left.Seconds(), cure)
}
