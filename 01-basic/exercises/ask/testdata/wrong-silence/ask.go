// The mistake: 50 ms of silence are taken for the end of the answer.
//
// rejected by: TestAskBearsSilence: "silence was taken for the end"
package ask

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
)

func Ask(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	var answer []byte
	buf := make([]byte, 1024)
	for {
		conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		n, err := conn.Read(buf)
		answer = append(answer, buf[:n]...)
		if err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) {
			return string(answer), nil
		}
		if err != nil {
			return string(answer), err
		}
	}
}
