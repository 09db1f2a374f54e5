// The mistake: one Read is taken for the whole answer.
//
// rejected by: TestAskHearsEveryPiece: "the first Read was taken for the whole"
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
	buf := make([]byte, 1024)
	n, err := conn.Read(buf)
	if err == io.EOF {
		err = nil
	}
	return string(buf[:n]), err
}
