// Command server answers each message with one message, in upper case.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
	"example.com/dialtone/04-sticky-packets/internal/cli"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen at; port 0 picks a free one")
	size := flag.Int("max-size", 1<<20, "the longest message in `BYTES`, at most 1 GiB")
	s := sticky.Server{Ended: func(caller net.Addr, err error) { fmt.Println(caller, cli.Ended(err)) }}
	flag.DurationVar(&s.Idle, "idle", time.Minute, "how long a caller may take over one message")
	flag.DurationVar(&s.Grace, "grace", 5*time.Second, "how long calls may go on after Ctrl-C")
	flag.IntVar(&s.MaxCalls, "max-calls", 10_000, "the most calls at once; the next caller waits")
	cli.Server(func(ctx context.Context) error {
		if *size < 0 || *size > 1<<30 || s.Idle <= 0 || s.MaxCalls < 1 {
			return cli.Usage(fmt.Sprintf("-max-size is 0 to %d, -max-calls at least 1, -idle more than 0", 1<<30))
		}
		s.MaxSize = uint32(*size)
		ln, err := net.Listen("tcp", *addr)
		if err != nil {
			return err
		}
		fmt.Println("listening on", ln.Addr())
		return s.Serve(ctx, ln)
	})
}
