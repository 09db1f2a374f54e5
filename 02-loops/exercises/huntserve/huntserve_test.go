package huntserve_test

import (
	"net"
	"sync"
	"testing"

	"example.com/dialtone/02-loops/exercises/huntserve"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntserve.Check(t, program(n)) },
		"", "lets a caller wait for the one before", "never closes a connection", "", "does not wait for the handlers",
		"drops the error of Accept", "loses every third caller", "closes a connection while it is handled")
}

func program(n int) func(net.Listener, func(net.Conn)) error {
	return func(ln net.Listener, handle func(net.Conn)) error {
		var handlers sync.WaitGroup
		for calls := 1; ; calls++ {
			conn, err := ln.Accept()
			if err != nil {
				if n != 4 {
					handlers.Wait()
				}
				if n == 5 {
					err = nil
				}
				return err
			}
			one := func() {
				if n == 7 {
					conn.Close()
				}
				handle(conn)
				if n != 2 {
					conn.Close()
				}
			}
			switch {
			case n == 1:
				one()
			case n == 3:
				handlers.Add(1)
				go func() { defer handlers.Done(); one() }()
			case n == 6 && calls%3 == 0:
				conn.Close()
			default:
				handlers.Go(one)
			}
		}
	}
}
