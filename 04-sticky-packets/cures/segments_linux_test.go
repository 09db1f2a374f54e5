package cures

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Where the 31 messages are glued: each Write leaves in a segment of its own,
// for Nagle's algorithm is off in Go before anybody asks, at either end, and one
// Read takes them all from the receiver's queue. With the algorithm fewer
// segments leave. The kernel counts for anybody who asks: TCP_INFO.
func TestEachWriteLeavesInASegmentOfItsOwn(t *testing.T) {
	dialled, accepted := pair(t)
	require.Equal(t, 31, dataSegments(t, accepted, dialled))
	require.Equal(t, 31, dataSegments(t, dialled, accepted))
	require.NoError(t, accepted.SetNoDelay(false))
	require.Less(t, dataSegments(t, accepted, dialled), 31)
}

// dataSegments makes 31 Writes to a reader that waits until all have arrived,
// which one Read takes, and gives the number of segments in which they left.
func dataSegments(t *testing.T, writer, reader *net.TCPConn) int {
	t.Helper()
	before, received := info(t, writer), info(t, reader).Bytes_received
	for range 31 {
		_, err := io.WriteString(writer, "hello baby~")
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return info(t, reader).Bytes_received == received+341 }, 20*time.Second, time.Millisecond)
	n, err := reader.Read(make([]byte, 1024))
	require.NoError(t, err)
	require.Equal(t, 341, n)
	after := info(t, writer)
	return int(after.Data_segs_out - before.Data_segs_out - (after.Total_retrans - before.Total_retrans)) // on a busy machine some go twice
}

func info(t *testing.T, conn *net.TCPConn) (got *unix.TCPInfo) {
	t.Helper()
	raw, err := conn.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		got, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}))
	if errors.Is(err, unix.ENOPROTOOPT) || errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("no TCP_INFO here, as in qemu-user: ", err)
	}
	require.NoError(t, err)
	return got
}

// pair is a connection, seen from both ends.
func pair(t *testing.T) (dialled, accepted *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	a, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { a.Close() })
	b, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { b.Close() })
	return a.(*net.TCPConn), b.(*net.TCPConn)
}
