// Command client prints what each Read brings until the server closes.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"
	"unicode/utf8"

	basic "example.com/dialtone/01-basic"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	send := flag.String("send", "", "a `REQUEST` to send first (to server -reply)")
	timeout := flag.Duration("timeout", 30*time.Second, "how long to wait for the other side")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("client: ")
	if flag.NArg() > 0 || *timeout <= 0 {
		log.Printf("%q: only flags, and -timeout above 0; -h lists the flags", os.Args[1:])
		os.Exit(2)
	}
	conn, err := net.DialTimeout("tcp", *addr, *timeout)
	if err != nil {
		log.Fatalf("%v; is the server running? make server-1", err)
	}
	sendErr, reads := basic.Send(conn, *timeout, *send), 0 // failed or not, read what there is
	total, err := basic.Receive(conn, *timeout, func(p []byte) {
		reads++
		more := ""
		if utf8.RuneCount(p) > 44 {
			more = "…"
		}
		fmt.Printf("read %d: %d bytes %.44q%s\n", reads, len(p), p, more)
	})
	if err := cmp.Or(sendErr, err); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the other side closed: %d bytes, reads: %d\n", total, reads)
}
