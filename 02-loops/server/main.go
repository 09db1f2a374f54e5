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
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen at; port 0 picks a free one")
	sequential := flag.Bool("sequential", false, "one call after the other, as in the source")
	s := loops.Server{Ended: func(caller net.Addr, err error) {
		if err != nil {
			fmt.Println(caller, "cut off:", cli.Explain(err, ""))
		} else {
			fmt.Println(caller, "hung up")
		}
	}}
	flag.DurationVar(&s.Idle, "idle", time.Minute, "the longest silence of a caller")
	flag.DurationVar(&s.Grace, "grace", 5*time.Second, "how long calls may go on after Ctrl-C")
	flag.IntVar(&s.MaxCalls, "max", 10_000, "the most calls at once; the next caller waits")
	cli.Server(func(ctx context.Context) error {
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
