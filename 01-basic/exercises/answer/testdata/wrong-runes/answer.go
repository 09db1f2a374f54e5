// The mistake: the reply is said rune by rune, and bytes that are no UTF-8 are changed.
//
// rejected by: TestAnswerReplies: "or for text"
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
	for _, r := range reply {
		if _, err := io.WriteString(conn, string(r)); err != nil {
			return string(word), fmt.Errorf("reply: %w", err)
		}
	}
	return string(word), nil
}
