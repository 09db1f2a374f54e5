package dial_test

import (
	"io"
	"runtime/debug"
	"testing"

	"example.com/dialtone/01-basic/exercises/dial"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { dial.Dial("127.0.0.1:0") })

func call(t *testing.T, c grade.Case, addr string) (string, error) {
	return grade.Get(t, c, func() (string, error) { return dial.Dial(addr) })
}

func TestDial(t *testing.T) {
	debug.SetGCPercent(-1) // or it might hang up for you
	ln := grade.Listen(t)
	ended := make(chan bool, 1)
	go func() {
		if conn, err := ln.Accept(); err == nil {
			defer conn.Close()
			io.WriteString(conn, "hello baby~")
			io.Copy(io.Discard, conn)
			ended <- true
		}
	}()
	c := grade.Case{
		Did:   "Dial(addr); the other side says \"hello baby~\" and waits for you to hang up",
		Means: "only the first n bytes of the buffer were read: buf[:n]",
		Waits: "one Read is enough: the other side says no more, and does not hang up",
	}
	got, err := call(t, c, ln.Addr().String())
	c.NoError(t, err)
	c.Bytes(t, "what was said", "hello baby~", got)
	grade.Receive(t, c.Usually("nobody hung up: defer conn.Close(), right after the error of Dial"), ended, "the end of the call")
}

func TestDialReturnsTheError(t *testing.T) {
	ln := grade.Listen(t)
	go func() {
		if conn, err := ln.Accept(); err == nil {
			conn.Close()
		}
	}()
	c := grade.Case{Did: "Dial(addr); the other side hangs up without a word", Means: "the error of Read was dropped"}
	_, err := call(t, c, ln.Addr().String())
	c.ErrorIs(t, err, io.EOF)

	c = grade.Case{Did: `Dial("127.0.0.1:no-such-port")`, Means: "the error of net.Dial was dropped"}
	_, err = call(t, c, "127.0.0.1:no-such-port")
	c.True(t, err != nil, "an error", "no error (nil)")
}
