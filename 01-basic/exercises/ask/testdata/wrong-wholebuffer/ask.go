// The mistake: the whole buffer is returned, not the part that was read.
//
// rejected by: TestAskHearsTheAnswer: "only buf[:n] counts"
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
	buf := make([]byte, 1<<20)
	if _, err := io.ReadFull(conn, buf); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	return string(buf), nil
}
