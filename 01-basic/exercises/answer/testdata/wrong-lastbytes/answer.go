// The mistake: the error is looked at before the bytes that came with it.
//
// rejected by: TestAnswerHearsTheLastBytes: "first buf[:n], then err"
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
	var word []byte
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			return string(word), err
		}
		word = append(word, buf[:n]...)
	}
	_, err = io.WriteString(conn, reply)
	return string(word), err
}
