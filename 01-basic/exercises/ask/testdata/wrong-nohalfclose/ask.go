// The mistake: nothing says the end of the word: both sides wait for the other to speak.
//
// rejected by: TestAskSaysTheWord: "who is to speak"
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
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
