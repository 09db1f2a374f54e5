// The mistake: the connection is never closed, and the caller waits for the end.
//
// rejected by: TestAnswerHangsUp: "left open"
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
	return string(word), nil
}
