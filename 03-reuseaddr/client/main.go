// Command client asks who answers, once or many times, and counts.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"time"

	reuseaddr "example.com/dialtone/03-reuseaddr"
	"example.com/dialtone/03-reuseaddr/internal/cli"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	from := flag.String("from", ":0", "[`HOST`]:PORT to call from; port 0 lets the system choose a free one")
	hangUp := flag.Bool("hang-up", false, "hang up first: then TIME_WAIT stays on this side")
	calls := flag.Uint("calls", 1, "how many `CALLS` to make")
	atOnce := flag.Uint("at-once", 1, "how many of them at the same time")
	patience := flag.Duration("patience", 30*time.Second, "how long to bear with silence")
	cli.Client("make server-3", func(ctx context.Context) error {
		local, err := net.ResolveTCPAddr("tcp", *from)
		if err != nil {
			return err
		}
		dialer := net.Dialer{Timeout: *patience, LocalAddr: local}
		answered, err := reuseaddr.Load(ctx, int(*calls), int(*atOnce), func(ctx context.Context) (string, error) {
			conn, err := dialer.DialContext(ctx, "tcp", *addr)
			if err != nil {
				return "", reuseaddr.Explain(err)
			}
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			return reuseaddr.Ask(conn, *hangUp, *patience)
		})
		fmt.Print(answered)
		return err
	})
}
