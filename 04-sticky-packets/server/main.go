// Command server answers each message with one message, in upper case.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
)

func main() {
	s := sticky.Server{OnClose: func(c net.Addr, err error) { fmt.Printf("%v: %v\n", c, cmp.Or(err, fmt.Errorf("closed"))) }}
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks a free one")
	size := flag.Int("max-size", 1<<20, "the longest message in `BYTES`, at most 1 GiB")
	flag.DurationVar(&s.MessageTimeout, "message-timeout", time.Minute, "how long a client may take over one message, silence included")
	flag.DurationVar(&s.ShutdownTimeout, "shutdown-timeout", 5*time.Second, "how long connections may go on after Ctrl-C; a second one ends all")
	flag.IntVar(&s.MaxConns, "max-conns", 10_000, "the most connections at once; the next client waits")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("server: ")
	if flag.NArg() > 0 || *size < 0 || *size > 1<<30 || s.MessageTimeout <= 0 || s.MaxConns < 1 {
		log.Print("only flags; -max-size is 0 to 1073741824, -message-timeout more than 0, -max-conns at least 1")
		os.Exit(2)
	}
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("%v; -addr 127.0.0.1:0 picks a free port", err)
	}
	signal.Ignore(syscall.SIGPIPE) // server | head -1 loses lines, and not the server
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once
	fmt.Println("listening on", ln.Addr())
	s.MaxSize = uint32(*size)
	if err := s.Serve(ctx, ln); err != nil {
		log.Fatal(err)
	}
}
