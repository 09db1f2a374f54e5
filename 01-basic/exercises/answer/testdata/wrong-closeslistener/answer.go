// The mistake: the listener is closed together with the call.
//
// rejected by: TestAnswerLeavesTheListener: "the listener closed"
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
	defer ln.Close()
	defer conn.Close()
	word, err := io.ReadAll(conn)
	if err != nil {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
