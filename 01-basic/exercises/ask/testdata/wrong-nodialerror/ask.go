// The mistake: the error of the dial is ignored, and the nil connection used.
//
// rejected by: TestAskReportsThatNobodyAnswers: "panic: runtime error: invalid memory address"
package ask

import (
	"io"
	"net"
)

func Ask(addr, word string) (string, error) {
	conn, _ := net.Dial("tcp", addr)
	defer conn.Close()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
