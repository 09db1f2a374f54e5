// The mistake: the zero bytes at the end of the answer are taken for the rest of a buffer.
//
// rejected by: TestAskHearsTheAnswer: "was it trimmed"
package ask

import (
	"bytes"
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
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(bytes.TrimRight(answer, "\x00")), err
}
