// Command server tells every client who answers: itself, by its pid.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	reuseaddr "example.com/dialtone/03-reuseaddr"
)

func main() {
	var o reuseaddr.Options
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks a free one")
	flag.Var(&o.ReuseAddr, "reuseaddr", "SO_REUSEADDR: `on|off|default`")
	flag.Var(&o.ReusePort, "reuseport", "SO_REUSEPORT, to share the port with other servers: `on|off|default`")
	takeOver := flag.Bool("takeover", false, "take all new clients from the one older server (Linux, with -reuseport on)")
	timeout := flag.Duration("timeout", 30*time.Second, "how long one connection may take")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("server: ")
	if flag.NArg() > 0 || *timeout <= 0 || *takeOver && o.ReusePort != reuseaddr.On {
		log.Print("no arguments but flags; -timeout more than 0; -takeover needs -reuseport on, here and at the older server, which must be the same user's")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once
	ln, err := reuseaddr.Listen(ctx, *addr, o)
	if err == nil && *takeOver {
		err = reuseaddr.TakeOver(ln)
	}
	if err != nil {
		log.Fatal(reuseaddr.Explain(err))
	}
	fmt.Println("listening on", ln.Addr())
	if err := reuseaddr.Serve(ctx, ln, fmt.Sprintf("server (pid %d)", os.Getpid()), *timeout); err != nil {
		log.Fatal(err)
	}
}
