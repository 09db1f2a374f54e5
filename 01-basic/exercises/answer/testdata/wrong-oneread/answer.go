// The mistake: one Read is taken for the whole word.
//
// rejected by: TestAnswerHearsToTheEnd: "one Read was taken for the whole word"
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
	buf := make([]byte, 1024)
	n, err := conn.Read(buf)
	word := buf[:n]
	if err == io.EOF {
		err = nil
	}
	if err != nil {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
