// The mistake: bytes that come together with an error other than io.EOF are dropped.
//
// rejected by: TestAnswerReportsABrokenLine: "a Read may bring bytes and an error at once"
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
		if err != nil && err != io.EOF {
			return string(word), fmt.Errorf("hear: %w", err)
		}
		word = append(word, buf[:n]...)
		if err == io.EOF {
			break
		}
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
