// Command server tells every caller who answers: itself, by its pid.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	reuseaddr "example.com/dialtone/03-reuseaddr"
	"example.com/dialtone/03-reuseaddr/internal/cli"
)

func main() {
	var o reuseaddr.Options
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen at; port 0 picks a free one")
	flag.Var(&o.ReuseAddr, "reuseaddr", "SO_REUSEADDR: `on|off|default`")
	flag.Var(&o.ReusePort, "reuseport", "SO_REUSEPORT, to share the port with other servers: `on|off|default`")
	takeOver := flag.Bool("takeover", false, "take all new callers from the one older server (Linux, with -reuseport on)")
	patience := flag.Duration("patience", 30*time.Second, "how long to bear with a silent caller")
	cli.Server(func(ctx context.Context) error {
		if *takeOver && o.ReusePort != reuseaddr.On {
			return cli.Usage("-takeover needs -reuseport on, here and at the older server, which must be the same user's")
		}
		ln, err := reuseaddr.Listen(ctx, *addr, o)
		if err != nil {
			return reuseaddr.Explain(err)
		}
		if *takeOver {
			if err := reuseaddr.TakeOver(ln); err != nil {
				return err
			}
		}
		fmt.Println("listening on", ln.Addr())
		return reuseaddr.Serve(ctx, ln, fmt.Sprintf("server (pid %d)", os.Getpid()), *patience)
	})
}
