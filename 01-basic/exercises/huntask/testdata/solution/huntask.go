package huntask

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// Check fails t if ask does not keep its contract.
func Check(t *testing.T, ask func(addr, word string) (string, error)) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	want := "first" + strings.Repeat("\x00 and a lot more", 10_000)
	heard, nobody := make(chan string, 1), make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		nobody <- conn.RemoteAddr().String() // a client's port: nobody listens there
		conn.SetDeadline(time.Now().Add(3 * time.Second))
		word, err := io.ReadAll(conn)
		if err != nil {
			word = append(word, " and no end"...)
		}
		heard <- string(word)
		io.WriteString(conn, want[:5])
		time.Sleep(10 * time.Millisecond) // a client that reads once has read
		io.WriteString(conn, want[5:])
	}()
	answer, err := ask(ln.Addr().String(), "hello")
	if err != nil || answer != want {
		t.Errorf("%d bytes of answer and %v, want %d bytes", len(answer), err, len(want))
	}
	if word := <-heard; word != "hello" {
		t.Errorf("the server heard %q", word)
	}
	if _, err := ask(<-nobody, "hello"); err == nil {
		t.Error("no error where nobody listens")
	}
}
