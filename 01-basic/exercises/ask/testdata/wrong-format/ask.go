// The mistake: the word is taken for a format.
//
// rejected by: TestAskSaysTheWord: "taken for a format"
package ask

import (
	"fmt"
	"io"
	"net"
)

func Ask(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	fmt.Fprintf(conn, word)
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
