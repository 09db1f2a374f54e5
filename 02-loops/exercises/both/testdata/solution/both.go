package both

import "net"

// Serve gives each caller a goroutine of its own.
func Serve(ln net.Listener, handle func(conn net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go handle(conn)
	}
}
