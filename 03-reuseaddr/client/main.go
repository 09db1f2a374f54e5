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
	from := flag.String("from", ":0", "`[HOST]:PORT` to call from; the system chooses what is left out, or 0")
	hangUp := flag.Bool("hang-up", false, "hang up first: then TIME_WAIT stays on this side")
	calls := flag.Uint("calls", 1, "how many `CALLS` to make")
	atOnce := flag.Uint("at-once", 1, "how many of them at the same time")
	patience := flag.Duration("patience", 30*time.Second, "how long to bear with silence")
	cli.Client("make server-3", func(ctx context.Context) error {
		local, err := net.ResolveTCPAddr("tcp", *from)
		dialer := net.Dialer{Timeout: *patience, LocalAddr: local}
		switch {
		case err != nil:
			return err
		case *calls == 0:
			return cli.Usage("-calls 0 makes no call")
		case local.Port != 0 && *atOnce > 1:
			return cli.Usage("one port makes one call at a time: -at-once 1, or -from :0")
		case local.Port == 0 && local.IP == nil:
			dialer.LocalAddr = nil // no bind: connect has more ports to choose from
		}
		dial := func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", *addr) }
		answered, err := reuseaddr.Load(ctx, int(*calls), int(*atOnce), reuseaddr.Asking(dial, *hangUp, *patience))
		fmt.Print(answered)
		return err
	})
}
