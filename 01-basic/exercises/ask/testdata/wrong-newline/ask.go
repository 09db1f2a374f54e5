// The mistake: Println's newline is said as well.
//
// rejected by: TestAskSaysTheWord: "something was added"
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
	fmt.Fprintln(conn, word)
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
