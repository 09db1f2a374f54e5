// Command client sends the server what it reads from standard input.
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"time"

	loops "example.com/dialtone/02-loops"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	timeout := flag.Duration("timeout", 30*time.Second, "how long to wait for an answer")
	flag.Parse()
	log := log.New(os.Stderr, "client: ", 0)
	if flag.NArg() > 0 || *timeout <= 0 {
		log.Print("want -timeout above 0 and no other words; -h lists the flags")
		os.Exit(2)
	}
	conn, err := net.DialTimeout("tcp", *addr, 10*time.Second)
	if err != nil {
		log.Fatalf("%v; is the server running? make server-2", err)
	}
	defer conn.Close()
	if err := loops.Exchange(conn, os.Stdin, os.Stdout, *timeout); err != nil {
		log.Fatal(err)
	}
}
