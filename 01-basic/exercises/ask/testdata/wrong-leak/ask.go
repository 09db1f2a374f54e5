// The mistake: the connection is never closed.
//
// rejected by: TestAskHangsUp: "descriptors are open"
package ask

import (
	"io"
	"net"
)

var calls []net.Conn // what a busy program does for longer: nothing collects them

func Ask(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	calls = append(calls, conn)
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
