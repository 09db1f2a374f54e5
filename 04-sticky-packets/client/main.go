// Command client sends each line of standard input as one message.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
	"example.com/dialtone/04-sticky-packets/internal/cli"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	size := flag.Int("max-size", 1<<20, "the longest line in `BYTES`, at most 1 GiB")
	var c sticky.Client
	flag.DurationVar(&c.Patience, "patience", 30*time.Second, "how long to wait for an answer")
	flag.IntVar(&c.Writers, "writers", 1, "how many send at once; with several, in any order")
	cli.Client("make server-4", func(ctx context.Context) error {
		if *size < 0 || *size > 1<<30 || c.Writers < 1 || c.Patience <= 0 {
			return cli.Usage(fmt.Sprintf("-max-size is 0 to %d, -writers 1 or more, -patience more than 0", 1<<30))
		}
		c.MaxSize = uint32(*size)
		dialer := net.Dialer{Timeout: c.Patience}
		conn, err := dialer.DialContext(ctx, "tcp", *addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		context.AfterFunc(ctx, func() { conn.Close() })
		return c.Talk(conn, os.Stdin, os.Stdout)
	})
}
