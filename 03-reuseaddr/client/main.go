// Command client asks who answers, once or many times, and counts.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	reuseaddr "example.com/dialtone/03-reuseaddr"
)

func main() {
	var from *net.TCPAddr
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	flag.Func("from", "`[HOST]:PORT` to dial from; the system chooses what is left out, or 0", func(s string) (err error) {
		from, err = net.ResolveTCPAddr("tcp", s)
		return err
	})
	closeFirst := flag.Bool("close-first", false, "close first: then TIME_WAIT stays on this side")
	conns := flag.Int("conns", 1, "how many connections to make")
	atOnce := flag.Int("at-once", 1, "how many of them at the same time")
	timeout := flag.Duration("timeout", 30*time.Second, "how long a dial, and one connection, may take")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("client: ")
	if flag.NArg() > 0 || *conns < 1 || *atOnce < 1 || *timeout <= 0 || *atOnce > 1 && from != nil && from.Port != 0 {
		log.Print("no arguments but flags; -conns, -at-once and -timeout more than 0; one port makes one connection at a time: -at-once 1, or -from :0")
		os.Exit(2)
	}
	dialer := net.Dialer{Timeout: *timeout}
	if from != nil && (from.Port != 0 || from.IP != nil) {
		dialer.LocalAddr = from // else no bind: connect has more ports to choose from
	}
	dial := func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", *addr) }
	answered, err := reuseaddr.Load(context.Background(), *conns, *atOnce, reuseaddr.Requester(dial, *closeFirst, *timeout))
	fmt.Print(answered)
	if err != nil {
		log.Fatal(reuseaddr.Explain(err))
	}
}
