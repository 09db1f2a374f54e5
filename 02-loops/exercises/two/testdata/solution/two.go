package two

import (
	"errors"
	"io"
	"net"
)

// Greet greets one caller after the other.
func Greet(ln net.Listener) error {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		io.WriteString(conn, "hello baby~")
		conn.Close()
	}
}
