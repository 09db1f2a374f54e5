// The mistake: the error of Write is dropped.
//
// rejected by: TestAskReportsThatItCannotSpeak: "a Write that fails has not said everything"
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

	io.WriteString(conn, word)
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	if err != nil {
		return string(answer), fmt.Errorf("hear: %w", err)
	}
	return string(answer), nil
}
