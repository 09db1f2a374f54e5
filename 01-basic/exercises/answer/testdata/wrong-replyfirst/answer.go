// The mistake: the reply is said before the caller has ended, as if the call were a web page.
//
// rejected by: TestAnswerHearsBeforeItReplies: "was said before the caller had ended"
package answer

import (
	"io"
	"net"
)

func Answer(ln net.Listener, reply string) (string, error) {
	conn, err := ln.Accept()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, reply); err != nil {
		return "", err
	}
	word, err := io.ReadAll(conn)
	return string(word), err
}
