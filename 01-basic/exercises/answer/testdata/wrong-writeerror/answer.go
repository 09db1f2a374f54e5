// The mistake: the error of the reply is dropped.
//
// rejected by: TestAnswerReportsThatItCannotReply: "the error of Write was dropped"
package answer

import (
	"fmt"
	"io"
	"net"
)

func Answer(ln net.Listener, reply string) (string, error) {
	conn, err := ln.Accept()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	word, err := io.ReadAll(conn)
	if err != nil {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	io.WriteString(conn, reply)
	return string(word), nil
}
