// The mistake: the word is made valid UTF-8 first.
//
// rejected by: TestAskSaysTheWord: "or for text"
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
	if _, err := io.WriteString(conn, strings.ToValidUTF8(word, "")); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
