// The mistake: the connection is closed at the end of a good call only, not when a Read fails.
//
// rejected by: TestAskHangsUp: "not on every way out"
package ask

import (
	"io"
	"net"
)

func Ask(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, word); err != nil {
		conn.Close()
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return string(answer), err
	}
	return string(answer), conn.Close()
}
