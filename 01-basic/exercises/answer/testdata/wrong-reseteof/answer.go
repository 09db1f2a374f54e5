// The mistake: a broken line is taken for the end of the word, and answered.
//
// rejected by: TestAnswerReportsABrokenLine: "an error of Read was taken for the end"
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
	word, _ := io.ReadAll(conn)
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
