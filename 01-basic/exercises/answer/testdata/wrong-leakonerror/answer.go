// The mistake: the connection is closed at the end only, not where the line breaks.
//
// rejected by: TestAnswerHangsUp: "a return was reached without Close"
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
	word, err := io.ReadAll(conn)
	if err != nil {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), conn.Close()
}
