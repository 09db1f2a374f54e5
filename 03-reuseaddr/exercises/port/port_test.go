package port_test

import (
	"net"
	"strconv"
	"testing"

	"example.com/dialtone/03-reuseaddr/exercises/port"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() {
	if ln, _, err := port.Listen(); err == nil {
		ln.Close()
	}
})

func TestListen(t *testing.T) {
	c := grade.Case{Did: "Listen(), twice", Means: `":0" is every address of the machine, "127.0.0.1:0" is one; port 0 lets the system pick, and ln.Addr() says which it was`}
	for range 2 {
		var ln net.Listener
		var n int
		var err error
		c.Run(t, func() { ln, n, err = port.Listen() })
		c.NoError(t, err)
		defer ln.Close()
		c.Bytes(t, "where it listens", net.JoinHostPort("127.0.0.1", strconv.Itoa(n)), ln.Addr().String())
		conn, err := net.Dial("tcp", ln.Addr().String())
		c.NoError(t, err)
		conn.Close()
	}
}
