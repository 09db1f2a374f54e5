// Command server serves one connection, then ends.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	basic "example.com/dialtone/01-basic"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks a free one")
	reply := flag.Bool("reply", false, "read a request first, and reply once")
	byHand := flag.Bool("by-hand", false, "socket, bind, listen and accept one by one (IPv4 only, not on Windows)")
	timeout := flag.Duration("timeout", 30*time.Second, "how long the connection may take, once accepted")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("server: ")
	if flag.NArg() > 0 || *timeout <= 0 {
		log.Printf("%q: only flags, and -timeout above 0; -h lists the flags", os.Args[1:])
		os.Exit(2)
	}
	listen, serve := net.Listen, basic.SendGreetings
	if *byHand {
		listen = basic.ListenByHand
	}
	if *reply {
		serve = basic.Reply
	}
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { os.Exit(0) }) // the kernel closes both sockets
	ln, err := listen("tcp", *addr)
	if err != nil {
		log.Fatalf("%v; -addr 127.0.0.1:0 picks a free port", err)
	}
	fmt.Println("listening on", ln.Addr())
	if err := serve(ln, *timeout); err != nil {
		log.Fatal(err)
	}
}
