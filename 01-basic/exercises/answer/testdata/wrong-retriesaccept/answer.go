// The mistake: an Accept that fails is tried again.
//
// rejected by: TestAnswerAcceptsOnce: "Accept was tried again"
package answer

import (
	"errors"
	"fmt"
	"io"
	"net"
)

func Answer(ln net.Listener, reply string) (string, error) {
	conn, err := ln.Accept()
	for err != nil && !errors.Is(err, net.ErrClosed) {
		conn, err = ln.Accept()
	}
	if err != nil {
		return "", err
	}
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
