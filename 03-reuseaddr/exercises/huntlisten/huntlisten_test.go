package huntlisten_test

import (
	"context"
	"net"
	"syscall"
	"testing"

	"example.com/dialtone/03-reuseaddr/exercises/huntlisten"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntlisten.Check(t, program(n)) },
		"", "drops the error of set", "", "never calls set", "calls set after bind", "listens on all addresses",
		"calls set twice", "turns the error of bind into none")
}

func program(n int) func(string, func(uintptr) error) (net.Listener, error) {
	return func(addr string, set func(uintptr) error) (net.Listener, error) {
		if n == 5 {
			_, port, _ := net.SplitHostPort(addr)
			addr = ":" + port
		}
		control := func(_, _ string, c syscall.RawConn) (failed error) {
			err := c.Control(func(fd uintptr) {
				if n == 3 || n == 4 {
					return
				}
				failed = set(fd)
				if n == 6 {
					failed = set(fd)
				}
			})
			if err != nil {
				return err
			}
			if n == 1 {
				return nil
			}
			return failed
		}
		config := net.ListenConfig{Control: control}
		config.SetMultipathTCP(false) // or set might be called for either kind of socket
		if n == 2 {
			config.KeepAlive = -1
		}
		ln, err := config.Listen(context.Background(), "tcp", addr)
		if err == nil && n == 4 {
			raw, _ := ln.(*net.TCPListener).SyscallConn()
			if err := control("", "", raw); err != nil {
				return nil, err
			}
			raw.Control(func(fd uintptr) { err = set(fd) })
			if err != nil {
				ln.Close()
				return nil, err
			}
		}
		if n == 7 {
			err = nil
		}
		return ln, err
	}
}
