// Command server answers every call, and says everything in upper case.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"time"

	loops "example.com/dialtone/02-loops"
	"example.com/dialtone/02-loops/internal/cli"
)

func main() {
	var s loops.Server
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen at; port 0 picks a free one")
	sequential := flag.Bool("sequential", false, "one call after the other, as in the source")
	flag.DurationVar(&s.Idle, "idle", time.Minute, "the longest silence of a caller")
	flag.DurationVar(&s.Grace, "grace", 5*time.Second, "how long calls may go on after Ctrl-C")
	flag.IntVar(&s.MaxCalls, "max", 10_000, "the most calls at once; the next caller waits")
	s.Ended = func(caller net.Addr, err error) { fmt.Println(caller, cli.Ended(err)) }
	cli.Server(func(ctx context.Context) error {
		if s.MaxCalls < 1 || s.Idle <= 0 || s.Grace < 0 {
			return cli.Usage("-max must be at least 1, -idle more than 0, and -grace not less than 0")
		}
		ln, err := net.Listen("tcp", *addr)
		if err != nil {
			return err
		}
		fmt.Println("listening on", ln.Addr())
		if *sequential {
			return s.ServeOneByOne(ctx, ln)
		}
		return s.Serve(ctx, ln)
	})
}
