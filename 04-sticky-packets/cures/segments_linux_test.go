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

// Where the 31 messages are glued: with Go's default each Write leaves in a
// segment of its own, and one Read takes them all from the receiver's queue.
// With Nagle's algorithm fewer segments leave. The kernel counts for anybody
// who asks: TCP_INFO.
func TestEachWriteLeavesInASegmentOfItsOwn(t *testing.T) {
	segments, first := dataSegments(t, true)
	require.Equal(t, 31, segments)
	require.Equal(t, 341, first)
	segments, _ = dataSegments(t, false)
	require.Less(t, segments, 31)
	t.Log("with Nagle: ", segments)
}

// dataSegments makes 31 Writes to a reader that waits until all have arrived,
// and gives the number of segments in which they left and what the first Read
// took.
func dataSegments(t *testing.T, noDelay bool) (segments, first int) {
	t.Helper()
	reader, writer := pair(t)
	require.NoError(t, writer.SetNoDelay(noDelay))
	for range 31 {
		_, err := io.WriteString(writer, "hello baby~")
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return info(t, reader).Bytes_received == 341 }, 20*time.Second, time.Millisecond)
	first, err := reader.Read(make([]byte, 1024))
	require.NoError(t, err)
	sent := info(t, writer)
	return int(sent.Data_segs_out - sent.Total_retrans), first // on a busy machine some go twice
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
