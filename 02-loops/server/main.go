// Command server answers every client in upper case.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	loops "example.com/dialtone/02-loops"
)

func main() {
	var s loops.Server
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks a free one")
	sequential := flag.Bool("sequential", false, "one client after the other, as in the source")
	idle := flag.Duration("idle-timeout", time.Minute, "the longest silence of a client")
	flag.DurationVar(&s.ShutdownTimeout, "shutdown-timeout", 5*time.Second, "how long connections may go on after Ctrl-C (a second one ends at once)")
	flag.IntVar(&s.MaxConns, "max-conns", 10_000, "the most connections at once; the next client waits")
	flag.Parse()
	log := log.New(os.Stderr, "server: ", 0)
	if flag.NArg() > 0 || *idle <= 0 || s.ShutdownTimeout < 0 || s.MaxConns < 1 {
		log.Print("want -idle-timeout above 0, -shutdown-timeout not below 0, -max-conns 1 or more, and no other words; -h lists the flags")
		os.Exit(2)
	}
	s.Handler = func(conn net.Conn) error { return loops.Echo(conn, *idle) }
	s.OnClose = func(client net.Addr, err error) { fmt.Printf("%v: %v\n", client, cmp.Or(err, errors.New("closed"))) }
	signal.Ignore(syscall.SIGPIPE) // server | head -1 loses lines, not the server
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("%v; -addr 127.0.0.1:0 picks a free port", err)
	}
	fmt.Println("listening on", ln.Addr())
	serve := s.Serve
	if *sequential {
		serve = s.ServeSequential
	}
	if err := serve(ctx, ln); err != nil {
		log.Fatal(err)
	}
}
