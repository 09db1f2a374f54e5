// The mistake: Close at the end of the word instead of CloseWrite: it hangs up both halves, and the answer is lost.
//
// rejected by: TestAskHearsTheAnswer: "use of closed network connection"
package ask

import (
	"io"
	"net"
)

func Ask(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	conn.Close()
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
