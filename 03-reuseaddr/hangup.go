package reuseaddr

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// First is who hangs up first. That side, and no other, keeps TIME_WAIT.
type First int

const (
	Server First = iota
	Client
	Reset // the server slams the phone: RST, and no TIME_WAIT anywhere
)

func (f First) String() string { return [...]string{"server", "client", "reset"}[f] }

// End ends a call from both ends. The second side closes only after it has
// read the end: so who was first does not depend on luck.
func End(first First, server, client net.Conn) error {
	one, two := server, client
	if first == Client {
		one, two = client, server
	}
	if slam, ok := one.(interface{ SetLinger(sec int) error }); ok && first == Reset {
		slam.SetLinger(0)
	}
	one.Close()
	two.SetReadDeadline(time.Now().Add(10 * time.Second))
	// nil is FIN, ECONNRESET is RST: each is the end.
	_, err := io.Copy(io.Discard, two)
	two.Close()
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return fmt.Errorf("wait for the other side to hang up: %w", err)
	}
	return nil
}

// settle waits until the last packets of a call at local have arrived: a
// moment, if the machine is busy. Without /proc it cannot see, and hopes.
func settle(ctx context.Context, local net.Addr) error {
	addr := netip.MustParseAddrPort(local.String())
	for {
		sockets, err := Sockets(addr.Port())
		moving := false
		for _, s := range At(sockets, addr) {
			moving = moving || s.State != Listening && s.State != TimeWait
		}
		if err != nil || !moving {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Millisecond):
		}
	}
}
