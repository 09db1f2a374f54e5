// The mistake: the zero bytes at the end of the reply are not said.
//
// rejected by: TestAnswerReplies: "is it trimmed, cut"
package answer

import (
	"fmt"
	"io"
	"net"
	"strings"
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
	if _, err := io.WriteString(conn, strings.TrimRight(reply, "\x00")); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
