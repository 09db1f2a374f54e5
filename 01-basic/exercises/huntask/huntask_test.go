package huntask_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"example.com/dialtone/01-basic/exercises/huntask"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntask.Check(t, program(n)) },
		"", "takes what the first Read brings for the whole answer", "", "ends its word with a newline", "never says that its word is over",
		"hangs up after the word, and hears no answer", "drops the error of Dial", "gives back at most 4,096 bytes", "takes a zero byte for the end")
}

func program(n int) func(addr, word string) (string, error) {
	return func(addr, word string) (string, error) {
		conn, err := net.Dial("tcp", addr)
		if err != nil && n == 6 {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		defer conn.Close()
		if n == 3 {
			word += "\n"
		}
		if _, err := io.WriteString(conn, word); err != nil {
			return "", err
		}
		switch n {
		case 4:
		case 5:
			conn.Close()
			return "", nil
		default:
			conn.(*net.TCPConn).CloseWrite()
		}
		if n == 1 {
			buf := make([]byte, 16) // what comes next may be there too: it must not fit
			k, err := conn.Read(buf)
			return string(buf[:k]), err
		}
		var answer []byte
		if n == 2 {
			var buf bytes.Buffer
			_, err = buf.ReadFrom(conn)
			answer = buf.Bytes()
		} else {
			answer, err = io.ReadAll(conn)
		}
		if n == 7 {
			answer = answer[:min(len(answer), 4096)]
		}
		if n == 8 {
			answer, _, _ = bytes.Cut(answer, []byte{0})
		}
		return string(answer), err
	}
}
