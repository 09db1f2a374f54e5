package wire

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// call is one through an exchange with these faults: the client says hello and
// hears it again. It gives what the exchange saw.
func call(t *testing.T, f *Faults) (seen []string, took time.Duration, err error) {
	t.Helper()
	x, err := Connect(f, func(p Packet) {
		s, err := Parse(p.Data)
		require.NoError(t, err)
		who := "server "
		if s.From.Addr().As4()[3] == 1 {
			who = "client "
		}
		line := fmt.Sprint(who, s.Flags&^PSH, " ", len(s.Payload))
		if p.Lost {
			line += " lost"
		}
		seen = append(seen, line)
	})
	require.NoError(t, err)
	var ln net.Listener
	require.NoError(t, x.Server(func() (err error) { ln, err = net.Listen("tcp", x.Host()+":0"); return err }))
	defer ln.Close()
	go func() {
		if conn, err := ln.Accept(); err == nil {
			io.Copy(conn, conn)
			conn.Close()
		}
	}()
	limit := 30 * time.Second // a busy machine is no fault of the line
	if f.CutAfter > 0 {
		limit = 3 * time.Second
	}
	began := time.Now()
	err = x.Client(func() error {
		conn, err := net.DialTimeout("tcp", ln.Addr().String(), limit)
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(began.Add(limit))
		if _, err = io.WriteString(conn, "hello"); err != nil {
			return err
		}
		_, err = io.ReadFull(conn, make([]byte, 5))
		return err
	})
	took = time.Since(began)
	require.NoError(t, x.Close()) // nothing is seen after it
	return seen, took, err
}

const handshake = "client SYN 0, server SYN ACK 0, client ACK 0, "

// TestExchange: what it does is what it was asked for.
func TestExchange(t *testing.T) {
	if !again(t) {
		return
	}
	for _, c := range []struct {
		name string
		f    *Faults
		want string // first of all
		took time.Duration
		err  error
	}{
		{"nothing", &Faults{}, handshake + "client ACK 5, ", 0, nil},
		{"the first", &Faults{LoseNth: 1}, "client SYN 0 lost, " + handshake, time.Second, nil},
		{"the data", &Faults{LoseNth: 3}, handshake + "client ACK 5 lost, client ACK 5, ", 0, nil},
		{"a delay", &Faults{Delay: 50 * time.Millisecond}, handshake + "client ACK 5, ", 200 * time.Millisecond, nil},
		{"a cut", &Faults{CutAfter: time.Nanosecond}, "client SYN 0 lost, client SYN 0 lost, ", 3 * time.Second, os.ErrDeadlineExceeded},
	} {
		seen, took, err := call(t, c.f)
		require.Equal(t, c.err != nil, err != nil, "%s: %v", c.name, err)
		require.True(t, strings.HasPrefix(strings.Join(seen, ", ")+", ", c.want), "%s: %q", c.name, seen)
		require.GreaterOrEqual(t, took, c.took, c.name)
	}
	// The other end has no way but the line.
	x, err := Connect(&Faults{}, func(Packet) {})
	require.NoError(t, err)
	defer x.Close()
	require.Error(t, x.Client(func() error {
		conn, err := net.Dial("tcp", "127.0.0.1:1")
		if err == nil {
			conn.Close()
		}
		return err
	}))
}
