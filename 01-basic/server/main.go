// Command server is the phone that is called: it answers one call.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"time"

	basic "example.com/dialtone/01-basic"
	"example.com/dialtone/01-basic/internal/cli"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen at; port 0 picks a free one")
	answer := flag.Bool("answer", false, "let the caller speak first, and answer once")
	byHand := flag.Bool("by-hand", false, "socket, bind, listen and accept one by one (IPv4 only, not on Windows)")
	patience := flag.Duration("patience", 30*time.Second, "how long the call may last, once it is picked up")
	cli.OneCall(func(ctx context.Context) error {
		if *patience <= 0 {
			return cli.Usage("-patience must be more than 0")
		}
		listen := net.Listen
		if *byHand {
			listen = basic.ListenByHand
		}
		ln, err := listen("tcp", *addr)
		if err != nil {
			return err
		}
		fmt.Println("listening on", ln.Addr())
		// Accept knows nothing about contexts. Closing wakes it.
		context.AfterFunc(ctx, func() { ln.Close() })
		if *answer {
			return basic.Answer(ln, *patience)
		}
		return basic.ListenToMe(ln, *patience)
	})
}
