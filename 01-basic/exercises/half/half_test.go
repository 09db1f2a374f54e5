package half_test

import (
	"io"
	"net"
	"testing"
	"time"

	"example.com/dialtone/01-basic/exercises/half"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { half.Send(&net.TCPConn{}, "") })

func TestSend(t *testing.T) {
	ln := grade.Listen(t)
	conn, err := net.Dial("tcp", ln.Addr().String())
	grade.Must(t, err)
	defer conn.Close()
	heard := make(chan string, 1)
	go func() {
		if other, err := ln.Accept(); err == nil {
			defer other.Close()
			word, _ := io.ReadAll(other)
			heard <- string(word)
			io.WriteString(other, "goodbye")
		}
	}()
	c := grade.Case{
		Did:   `Send(conn, "hello"); the other side reads until io.EOF, and then answers "goodbye"`,
		Means: "CloseWrite ends your half only; Close ends both",
		More:  "only the word was to be said: no newline",
	}
	c.Run(t, func() { err = half.Send(conn.(*net.TCPConn), "hello") })
	c.NoError(t, err)
	c.Bytes(t, "what the other side heard", "hello", grade.Receive(t, c, heard, "the end of what you say"))
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	answer, _ := io.ReadAll(conn)
	c.Bytes(t, "what conn can still read", "goodbye", string(answer))
}

func TestSendReturnsTheError(t *testing.T) {
	c := grade.Case{Did: "Send(conn, \"hello\") on a connection that is closed", Means: "the error of Write was dropped"}
	err := c.Do(t, func() error { return half.Send(&net.TCPConn{}, "hello") })
	c.True(t, err != nil, "an error", "no error (nil)")
}
