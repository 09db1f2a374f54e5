package loops

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// One question and its answer, by so many callers at once, against the
// obvious alternative, io.Copy(conn, conn). That splices through a pipe
// for each connection: three descriptors a caller instead of one, and no
// chance to change a byte. What to look at is the ratio.
func BenchmarkCallers(b *testing.B) {
	for _, callers := range []int{1, 100, 1_000, 5_000} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			needDescriptors(b, 2*callers+200)
			if callers < 2_000 {
				needDescriptors(b, 4*callers+200)
			}
			var ours, copied time.Duration
			b.ReportAllocs()
			for b.Loop() {
				ours += rounds(b, callers, func(conn net.Conn) { Converse(conn, long) })
				if callers < 2_000 {
					copied += rounds(b, callers, func(conn net.Conn) { io.Copy(conn, conn) })
				}
			}
			perCall := float64(b.N * callers * roundsEach)
			b.ReportMetric(perCall/ours.Seconds(), "answers/s")
			if copied > 0 {
				b.ReportMetric(copied.Seconds()/ours.Seconds(), "x-io.Copy")
			}
		})
	}
}

const roundsEach = 20

// rounds connects so many callers, and times roundsEach questions of each.
func rounds(b *testing.B, callers int, handle func(net.Conn)) time.Duration {
	b.StopTimer()
	defer b.StartTimer()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var calls sync.WaitGroup
	defer calls.Wait()
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
	defer ln.Close()

	conns := make([]net.Conn, callers)
	for i := range conns {
		if conns[i], err = net.Dial("tcp", ln.Addr().String()); err != nil {
			b.Fatal(err)
		}
	}
	began := time.Now()
	var asking sync.WaitGroup
	for _, conn := range conns {
		asking.Go(func() {
			for range roundsEach {
				if err := ask(conn, []byte("HELLO, 喂"), long); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	asking.Wait()
	took := time.Since(began)
	for _, conn := range conns {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	return took
}
