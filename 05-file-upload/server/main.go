// Command server receives files into a folder, from many clients.
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
)

func main() {
	limits := limitFlags()
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks a free one")
	dir := flag.String("dir", "uploads", "the `FOLDER` where files land")
	sync := flag.Bool("sync", true, "have a file on the disk itself before it counts as stored")
	protocol := flag.Int("protocol", 2, "2 serves both protocols; 1 is the chapter's server, which never answers")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("server: ")
	if flag.NArg() > 0 || limits.MaxConns < 1 || limits.IdleTimeout <= 0 || limits.ShutdownTimeout < 0 || *protocol < 1 || *protocol > 2 {
		log.Print("no arguments but flags; -max-conns and -idle-timeout more than 0, -shutdown-timeout not less; -protocol 1 or 2")
		os.Exit(2)
	}
	signal.Ignore(syscall.SIGPIPE) // server | head -1: the line is lost then, and not the server
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once
	serve, err := storey(*protocol, *dir, *sync, *limits)
	if err != nil {
		log.Fatal(err)
	}
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("%v; -addr 127.0.0.1:0 picks a free port", err)
	}
	fmt.Println("listening on", ln.Addr())
	if err := serve(ctx, ln); err != nil {
		log.Fatal(err)
	}
}
