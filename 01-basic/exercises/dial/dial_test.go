package dial_test

import (
	"io"
	"net"
	"runtime/debug"
	"testing"

	"example.com/dialtone/01-basic/exercises/dial"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { dial.Dial("127.0.0.1:0") })

func call(t *testing.T, c grade.Case, addr string) (string, error) {
	return grade.Get(t, c, func() (string, error) { return dial.Dial(addr) })
}

const hangUp = "nobody hung up: defer conn.Close(), right after the error of Dial"

// other takes one call, says so much, and then waits for its end.
func other(t *testing.T, say func(*net.TCPConn)) (addr string, ended <-chan bool) {
	debug.SetGCPercent(-1) // or it might hang up for you
	ln, end := grade.Listen(t), make(chan bool, 1)
	go func() {
		if conn, err := ln.AcceptTCP(); err == nil {
			defer conn.Close()
			say(conn)
			io.Copy(io.Discard, conn)
			end <- true
		}
	}()
	return ln.Addr().String(), end
}

func TestDial(t *testing.T) {
	addr, ended := other(t, func(conn *net.TCPConn) { io.WriteString(conn, "hello baby~") })
	c := grade.Case{
		Did:   "Dial(addr); the other side says \"hello baby~\" and waits for you to hang up",
		Means: "only the first n bytes of the buffer were read: buf[:n]",
		Waits: "one Read is enough: the other side says no more, and does not hang up",
	}
	got, err := call(t, c, addr)
	c.NoError(t, err)
	c.Bytes(t, "what was said", "hello baby~", got)
	grade.Receive(t, c.Usually(hangUp), ended, "the end of the call")
}

func TestDialReturnsTheError(t *testing.T) {
	addr, ended := other(t, func(conn *net.TCPConn) { conn.CloseWrite() })
	c := grade.Case{Did: "Dial(addr); the other side ends its half without a word", Means: "the error of Read was dropped"}
	_, err := call(t, c, addr)
	c.ErrorIs(t, err, io.EOF)
	grade.Receive(t, c.Usually(hangUp), ended, "the end of the call")

	c = grade.Case{Did: `Dial("127.0.0.1:no-such-port")`, Means: "the error of net.Dial was dropped"}
	_, err = call(t, c, "127.0.0.1:no-such-port")
	c.True(t, err != nil, "an error", "no error (nil)")
}
