package reuseaddr

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"
)

// First is who closes first. That side, and no other, keeps TIME_WAIT.
type First int

const (
	Server First = iota
	Client
	Reset // the server resets: RST, and no TIME_WAIT anywhere
)

func (f First) String() string {
	return cmp.Or(map[First]string{Server: "server", Client: "client", Reset: "reset"}[f], "unknown")
}

// Close closes a connection at both ends. The second side closes only
// after it has read the end: so who was first does not depend on luck.
func Close(first First, server, client net.Conn) error {
	one, two := server, client
	if first == Client {
		one, two = client, server
	}
	if one, ok := one.(interface{ SetLinger(sec int) error }); ok && first == Reset {
		one.SetLinger(0)
	}
	one.Close()
	two.SetReadDeadline(time.Now().Add(10 * time.Second))
	// nil is FIN, ECONNRESET is RST: each is the end.
	_, err := io.Copy(io.Discard, two)
	two.Close()
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return err
	}
	return nil
}

// settle waits until the last packets of a connection at local have
// arrived, which takes a moment on a busy machine. Without /proc it cannot
// see them, and does not wait.
func settle(ctx context.Context, local net.Addr) error {
	addr := netip.MustParseAddrPort(local.String())
	moving := func(s Socket) bool { return s.State != Listening && s.State != TimeWait }
	for {
		sockets, err := Sockets(addr.Port())
		if err != nil || !slices.ContainsFunc(At(sockets, addr), moving) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Millisecond):
		}
	}
}
