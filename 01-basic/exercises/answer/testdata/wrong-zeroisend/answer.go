// The mistake: a Read of 0 bytes is taken for the end, as recv in Python would be.
//
// rejected by: TestAnswerWaitsOutALull: "a Read of 0 bytes was taken for the end"
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
	var word []byte
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		word = append(word, buf[:n]...)
		if n == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return string(word), fmt.Errorf("hear: %w", err)
		}
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
