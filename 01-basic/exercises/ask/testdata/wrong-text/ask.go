// The mistake: the cause is kept as text only (%v), so errors.Is cannot find it.
//
// rejected by: TestAskReportsThatNobodyAnswers: "turned into text: wrap it with %w"
package ask

import (
	"fmt"
	"io"
	"net"
)

func Ask(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("cannot call %s: %v", addr, err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
