package deadline_test

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"
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
		none := c.Usually("take the deadline off again, also after an error: conn.SetReadDeadline(time.Time{})")
		buf := make([]byte, 9)
		go func() { time.Sleep(time.Minute); other.Write([]byte("late")) }()
		n, err := conn.Read(buf)
		none.NoError(t, err)
		none.Bytes(t, "what a later Read brings", "late", string(buf[:n]))
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
		n, err = conn.Read(buf)
		none.NoError(t, err)
		none.Bytes(t, "what a later Read brings", "you", string(buf[:n]))
	})
	c = grade.Case{Did: "ReadFor(conn, a minute); one Read brings \"bye\" and io.EOF", Means: "a Read may bring bytes and an error at once: return both"}
	got, err := grade.Get(t, c, func() (string, error) {
		return deadline.ReadFor(&grade.Line{In: iotest.DataErrReader(strings.NewReader("bye"))}, time.Minute)
	})
	c.ErrorIs(t, err, io.EOF)
	c.Bytes(t, "what has come", "bye", got)
}
