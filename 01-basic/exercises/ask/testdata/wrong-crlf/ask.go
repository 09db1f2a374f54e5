// The mistake: the answer's line ends are made those of Unix.
//
// rejected by: TestAskHearsTheAnswer: "taken for text"
package ask

import (
	"io"
	"net"
	"strings"
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
	return strings.ReplaceAll(string(answer), "\r\n", "\n"), err
}
