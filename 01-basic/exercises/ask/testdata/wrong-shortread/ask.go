// The mistake: a Read that does not fill the buffer is taken for the last one.
//
// rejected by: TestAskHearsEveryPiece: "only io.EOF says"
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
		if err == io.EOF || err == nil && n < len(buf) {
			return string(answer), nil
		}
		if err != nil {
			return string(answer), err
		}
	}
}
