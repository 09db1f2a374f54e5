package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"time"

	echo "example.com/site/01-echo"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "")
	flag.Parse()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "server: taken:", *addr)
		os.Exit(1)
	}
	fmt.Println("listening on", ln.Addr())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	go func() { <-stop; ln.Close() }()
	for {
		conn, err := ln.Accept()
		if err != nil {
			fmt.Println("stopped")
			return
		}
		start := time.Now()
		echo.Echo(conn)
		conn.Close()
		fmt.Printf("a call of %v\n", time.Since(start))
	}
}
