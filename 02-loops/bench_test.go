package loops

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// So many callers at once, each asking and hearing the answer, again and
// again: the loop of this lesson, and beside it in the same run the
// obvious other one, io.Copy(conn, conn). That splices through a pipe for
// each connection, three descriptors a caller instead of one, and cannot
// change a byte. What to look at is the ratio.
func BenchmarkCallers(b *testing.B) {
	for _, callers := range []int{1, 100, 1_000, 5_000} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			ours := switchboard(b, callers, func(conn net.Conn) { Echo(conn, long) })
			copies := func() time.Duration { return 0 }
			if callers <= 1_000 {
				copies = switchboard(b, callers, func(conn net.Conn) { io.Copy(conn, conn) })
			}
			var us, them time.Duration
			for b.Loop() {
				us += ours()
				them += copies()
			}
			b.ReportMetric(float64(b.N*callers)/us.Seconds(), "answers/s")
			b.ReportMetric(0, "ns/op") // both together: says nothing
			if them > 0 {
				b.ReportMetric(them.Seconds()/us.Seconds(), "x-as-fast-as-io.Copy")
			}
		})
	}
}

// switchboard connects so many callers to a server that handles each in a
// goroutine. What it gives lets all of them ask once, at the same time,
// and says how long that took.
func switchboard(b *testing.B, callers int, handle func(net.Conn)) (ask1 func() time.Duration) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	var calls sync.WaitGroup
	b.Cleanup(calls.Wait)
	b.Cleanup(func() { ln.Close() })
	calls.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			calls.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	conns := make([]*net.TCPConn, callers)
	for i := range conns {
		conns[i] = dial(b, ln.Addr().String())
		conns[i].SetLinger(0) // leaves no TIME_WAIT behind: lesson 3
	}
	return func() time.Duration {
		began := time.Now()
		var asking sync.WaitGroup
		for _, conn := range conns {
			asking.Go(func() {
				if err := exchange(conn, []byte("HELLO, 喂"), long); err != nil {
					b.Error(err)
				}
			})
		}
		asking.Wait()
		return time.Since(began)
	}
}
