package accept

import (
	"io"
	"net"
)

// Greet greets one caller and says who it was.
func Greet(ln net.Listener) (string, error) {
	conn, err := ln.Accept()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "hello baby~")
	return conn.RemoteAddr().String(), err
}
