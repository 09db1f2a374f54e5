// Command client asks the server what it reads from standard input.
package main

import (
	"context"
	"flag"
	"net"
	"os"
	"time"

	loops "example.com/dialtone/02-loops"
	"example.com/dialtone/02-loops/internal/cli"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	patience := flag.Duration("patience", 30*time.Second, "how long to wait for an answer")
	cli.Client("make server-2", func(ctx context.Context) error {
		if *patience <= 0 {
			return cli.Usage("-patience must be more than 0")
		}
		dialer := net.Dialer{Timeout: 10 * time.Second}
		conn, err := dialer.DialContext(ctx, "tcp", *addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		context.AfterFunc(ctx, func() { conn.Close() })
		return loops.Ask(conn, os.Stdin, os.Stdout, *patience)
	})
}
