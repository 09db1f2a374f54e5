// The mistake: the connection is closed some time after the return.
//
// rejected by: TestAskHangsUp: "too late"
package ask

import (
	"io"
	"net"
	"time"
)

func Ask(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer func() {
		time.AfterFunc(5*time.Second, func() { conn.Close() })
	}()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
