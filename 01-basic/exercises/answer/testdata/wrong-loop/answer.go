// The mistake: it goes on answering, as a server would, and never returns.
//
// rejected by: TestAnswerLeavesTheListener: "still waiting"
package answer

import (
	"io"
	"net"
)

func Answer(ln net.Listener, reply string) (string, error) {
	var words string
	for {
		conn, err := ln.Accept()
		if err != nil {
			return words, err
		}
		word, err := io.ReadAll(conn)
		if err == nil {
			_, err = io.WriteString(conn, reply)
		}
		conn.Close()
		words += string(word)
		if err != nil {
			return words, err
		}
	}
}
