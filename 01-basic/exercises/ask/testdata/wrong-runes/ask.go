// The mistake: the word is said rune by rune, and bytes that are no UTF-8 are changed.
//
// rejected by: TestAskSaysTheWord: "or for text"
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
	for _, r := range word {
		if _, err := io.WriteString(conn, string(r)); err != nil {
			return "", err
		}
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
