package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "")
	ask := flag.Bool("ask", false, "")
	flag.Parse()
	if *ask {
		var name string
		fmt.Print("name? ")
		fmt.Scanln(&name)
		fmt.Println("hello", name)
		return
	}
	conn, err := net.Dial("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "client: nobody at", *addr)
		os.Exit(1)
	}
	io.Copy(conn, os.Stdin)
	conn.(*net.TCPConn).CloseWrite()
	io.Copy(os.Stdout, conn)
	fmt.Println("from", conn.LocalAddr())
}
