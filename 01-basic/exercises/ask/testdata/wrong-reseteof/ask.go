// The mistake: any error of Read is taken for the end of the answer.
//
// rejected by: TestAskReportsABrokenLine: "every error of Read was taken for the end"
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
	defer conn.Close()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	conn.(*net.TCPConn).CloseWrite()
	var answer []byte
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		answer = append(answer, buf[:n]...)
		if err != nil {
			return string(answer), nil
		}
	}
}
