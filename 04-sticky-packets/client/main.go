// Command client sends each line of standard input as one message.
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
)

func main() {
	var c sticky.Client
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	size := flag.Int("max-size", 1<<20, "the longest line in `BYTES`, at most 1 GiB")
	flag.DurationVar(&c.Timeout, "timeout", 30*time.Second, "how long to wait for an answer")
	flag.IntVar(&c.Writers, "writers", 1, "how many send at once; with several, in any order")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("client: ")
	if flag.NArg() > 0 || *size < 0 || *size > 1<<30 || c.Timeout <= 0 || c.Writers < 1 {
		log.Print("only flags; -max-size is 0 to 1073741824, -timeout more than 0, -writers at least 1")
		os.Exit(2)
	}
	c.MaxSize = uint32(*size)

	conn, err := net.DialTimeout("tcp", *addr, c.Timeout)
	if err != nil {
		log.Fatalf("%v; is the server running? make server-4", err)
	}
	defer conn.Close()
	if err := c.Exchange(conn, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
