// Command client is the phone that calls: it dials and listens.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net"
	"time"

	basic "example.com/dialtone/01-basic"
	"example.com/dialtone/01-basic/internal/cli"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	say := flag.String("say", "", "a `WORD` to say first (to server -answer)")
	patience := flag.Duration("patience", 30*time.Second, "how long to bear with silence")
	cli.Client("make server-1", func(ctx context.Context) error {
		if *patience <= 0 {
			return cli.Usage("-patience must be more than 0")
		}
		conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", *addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		context.AfterFunc(ctx, func() { conn.Close() })
		said, reads := basic.Say(conn, *patience, *say), 0 // failed or not, hear what there is
		total, err := basic.Hear(conn, *patience, func(p []byte) {
			reads++
			fmt.Printf("read %d: %d bytes %.40q\n", reads, len(p), p)
		})
		if err = cmp.Or(said, err); err == nil {
			fmt.Printf("the other side hung up: %d bytes, reads: %d\n", total, reads)
		}
		return err
	})
}
