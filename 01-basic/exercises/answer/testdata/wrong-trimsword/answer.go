// The mistake: the zero bytes at the end of the word are taken for the rest of a buffer.
//
// rejected by: TestAnswerKeepsTheWordAsItIs: "trimmed off the end of the word"
package answer

import (
	"bytes"
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
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(bytes.TrimRight(word, "\x00")), nil
}
