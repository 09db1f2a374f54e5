// The mistake: the zero bytes at the end of the word are not said.
//
// rejected by: TestAskSaysTheWord: "is something trimmed off it"
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
	if _, err := io.WriteString(conn, strings.TrimRight(word, "\x00")); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
