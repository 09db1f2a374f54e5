package wire

import (
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// again runs the test that calls it again in a network of its own, and says
// false: there the same call says true.
func again(t *testing.T) bool {
	t.Helper()
	if Inside() {
		Up(1460)
		return true
	}
	t.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would sleep for a second
	code, err := Again("-test.run", "^"+t.Name()+"$", "-test.timeout=60s")
	if err != nil {
		t.Skip("no network of its own for this test: ", err)
	}
	require.Zero(t, code)
	return false
}

// TestTap: one call, and each segment of it once: 10,000 bytes in segments of at
// most 1,460. What the kernel counts at the end of the call is what was seen.
func TestTap(t *testing.T) {
	if !again(t) {
		return
	}
	tap, err := Open("lo")
	require.NoError(t, err)
	defer tap.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	before := time.Now()
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	server, err := ln.Accept()
	require.NoError(t, err)
	_, err = client.Write(make([]byte, 10000))
	require.NoError(t, err)
	_, err = io.ReadFull(server, make([]byte, 10000))
	require.NoError(t, err)
	counts, err := Ask(client.(*net.TCPConn))
	require.NoError(t, err)
	require.NoError(t, client.Close())
	_, err = server.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	require.NoError(t, server.Close())

	from := netip.MustParseAddrPort(client.LocalAddr().String())
	segments, bytes, data := 0, 0, 0
	for ends := 0; ends < 3; { // two FINs, and the ACK of the second
		p, err := tap.Next(time.Now().Add(20 * time.Second))
		require.NoError(t, err)
		require.WithinRange(t, p.At, before, time.Now())
		s, err := Parse(p.Data)
		require.NoError(t, err)
		require.LessOrEqual(t, len(s.Payload), 1460)
		bytes += len(s.Payload)
		if s.From == from {
			if segments++; len(s.Payload) > 0 && s.Flags&FIN == 0 {
				data++
			}
		}
		if s.Flags&FIN != 0 || ends == 2 {
			ends++
		}
	}
	require.Equal(t, 10000, bytes)
	require.Equal(t, data, counts.DataOut)
	require.Equal(t, segments-2, counts.Out, "all but its FIN and the last ACK")
	require.Zero(t, counts.Again)
	require.Zero(t, tap.Lost())
	_, err = tap.Next(time.Now())
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "nobody else is here")
}

// TestUpRefusesAnotherNetwork: what is up is not one's own.
func TestUpRefusesAnotherNetwork(t *testing.T) {
	if again(t) {
		require.ErrorContains(t, up(0), "somebody else's")
	}
}
