package deadline_test

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/dialtone/02-loops/exercises/deadline"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { deadline.ReadFor(&grade.Line{In: strings.NewReader("")}, time.Second) })

func TestReadFor(t *testing.T) {
	c := grade.Case{
		Did:    "ReadFor(conn, a minute); the other side is silent",
		Means:  "a deadline is a moment: conn.SetReadDeadline(time.Now().Add(d))",
		Panics: "nobody ends the wait; a deadline is a moment: conn.SetReadDeadline(time.Now().Add(d))",
	}
	grade.Bubble(t, c, func(t *testing.T) {
		read := deadline.ReadFor
		conn, other := net.Pipe()
		defer other.Close()
		began := time.Now()
		_, err := read(conn, time.Minute)
		c.ErrorIs(t, err, os.ErrDeadlineExceeded)
		c.True(t, time.Since(began) == time.Minute, "a minute's wait", time.Since(began).String())
		c.Did = "ReadFor(conn, a minute), and then conn.Read; the other side says \"hello\" after half a minute, and \"you\" two minutes later"
		go func() {
			time.Sleep(time.Minute / 2)
			other.Write([]byte("hello"))
			time.Sleep(2 * time.Minute)
			other.Write([]byte("you"))
		}()
		got, err := read(conn, time.Minute)
		c.NoError(t, err)
		c.Bytes(t, "what has come", "hello", got)
		c = c.Usually("take the deadline off again: conn.SetReadDeadline(time.Time{})")
		buf := make([]byte, 9)
		n, err := conn.Read(buf)
		c.NoError(t, err)
		c.Bytes(t, "what a later Read brings", "you", string(buf[:n]))
	})
}
